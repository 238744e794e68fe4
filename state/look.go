package state

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// look is a replica of a ledger, opened and counted.
type look struct {
	replica
	db     *badger.DB
	tally  tally    // of what is there
	damage []string // in words; none if everything is there
}

// lookAt opens and counts a replica of the ledger: first as the manifest has it and, if that falls short of the
// head, with every table there is. It gives the one that holds more.
func lookAt(f files, head headLine, headErr error) (*look, error) {
	asItIs, err := newLook(f.db, f.look, false, head, headErr)
	if err != nil || asItIs.damage == nil {
		return asItIs, err
	}
	every, err := newLook(f.db, f.look+".all", true, head, headErr)
	if err != nil {
		return asItIs, nil // it was worth a try
	}
	best, other := asItIs, every
	if every.tally.Updates >= asItIs.tally.Updates && every.tally.Records > asItIs.tally.Records {
		best, other = every, asItIs
		best.damage = append(best.damage, filepath.Base(f.db)+" can't be opened as it is") // whatever the replica holds
	}
	return best, other.close()
}

func newLook(db, dir string, every bool, head headLine, headErr error) (*look, error) {
	r, err := newReplica(db, dir)
	l := &look{replica: r}
	if err == nil {
		l.damage, err = r.mend(every)
	}
	if err == nil {
		var logs []string
		l.db, logs, err = r.open()
		l.damage = append(l.damage, logs...)
	}
	if err != nil {
		return nil, problem("open the ledger", "no copy of "+db+" can be opened: "+err.Error(),
			"check the disk; restore a backup into another directory: cnrelay state restore FILE --state DIR", errors.Join(err, r.remove()))
	}
	l.tally, err = verify(l.db, head, headErr, true)
	if errors.Is(err, errNewer) {
		return nil, errors.Join(err, l.close())
	}
	if err != nil {
		l.damage = append(l.damage, err.Error())
	}
	return l, nil
}

// close forgets the replica.
func (l *look) close() error { return errors.Join(l.db.Close(), l.remove()) }

// damaged is a damage as an operator is told, or nil.
func damaged(stage string, damage []string) error {
	if damage == nil {
		return nil
	}
	return problem(stage, "the ledger is damaged: "+strings.Join(damage, "; "), repair, ErrDamaged)
}

// repair is what can be done about a damaged ledger.
const repair = "cnrelay state check tells what is left; then cnrelay state restore FILE --state DIR brings a backup back into " +
	"another directory, or cnrelay state accept-loss goes on with what is left"
