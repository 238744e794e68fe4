package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"

	"cnrelay/core"
	"cnrelay/core/kind"
)

// book writes what a finished step means for the managed resources. set is what the step set, with
// references to secrets in place of secrets.
func (r *run) book(tx core.Tx, s core.Step, o core.Object, set core.Fields) error {
	ref := core.Ref{Kind: s.Kind, ID: o.ID, Owner: o.Owner}
	key := resourceKey(r.host.ID, ref)
	var res core.Resource
	known, err := tx.Get(core.TableResource, key, &res)
	if err != nil {
		return err
	}
	// An id that belongs to something else now has a record that is about nothing any more.
	known = known && (s.CreatedAt.IsZero() || res.CreatedAt.IsZero() || s.CreatedAt.Equal(res.CreatedAt))
	switch s.Verb {
	case core.Delete:
		return tx.Delete(core.TableResource, key)
	case core.Forget:
		res.Batches = without(res.Batches, r.batch.ID)
		if len(res.Batches) == 0 || s.Phase == core.PhaseRepair { // gone for whoever used it
			return tx.Delete(core.TableResource, key)
		}
		return tx.Put(core.TableResource, key, res)
	}
	repair := s.Phase == core.PhaseRepair
	if repair && s.Verb == core.Update && !known { // a stale account that left a group: it is no more ours for that
		return nil
	}
	if !known {
		res = core.Resource{Host: r.host.ID, Ref: ref, Provider: r.batch.Provider, Mode: r.batch.Request.Access,
			Name: s.Name, Origin: s.Origin, Fields: core.Fields{}, Account: s.Account, Secret: s.Secret}
	}
	if s.Verb == core.Create {
		res.Made = o.Made // a fresh one
	}
	if res.CreatedAt.IsZero() {
		res.CreatedAt = o.CreatedAt
		if res.CreatedAt.IsZero() {
			res.CreatedAt = s.CreatedAt
		}
	}
	images := s.Verb == core.Update && res.Origin != core.Created && s.Phase != core.PhaseUndo || repair && res.Origin == core.Corrected
	for field, value := range set {
		if _, known := s.Before[field]; images && known { // what a recovery changes is not for us to put back
			res.Before = withImage(s, res, field)
		}
		if s.Verb == core.Leave || s.Verb == core.Adopt && !repair { // who adopts may not know it by its name
			value = kind.Of(s.Kind).Joined(field, res.Fields[field], value)
		}
		if !repair || s.Verb == core.Adopt { // an update by a repair sets what the ledger says already
			res.Fields[field] = value
		}
	}
	if repair && s.Verb == core.Adopt {
		res.Name = s.Name
	}
	if s.Verb == core.Update && res.Origin == core.Adopted && len(res.Before) > 0 {
		res.Origin = core.Corrected
	}
	switch {
	case s.Phase == core.PhaseUndo && s.Verb == core.Create:
		res.Batches = r.usersBefore(s.Account)
	case s.Phase == core.PhaseUndo, s.Phase == core.PhaseRetire: // they end a use, they don't begin one
	case repair && s.Verb == core.Update:
	case !slices.Contains(res.Batches, r.batch.ID):
		res.Batches = append(res.Batches, r.batch.ID)
	}
	return tx.Put(core.TableResource, key, res)
}

// withImage is the image before our corrections with that of one more field. If it was corrected before, what others
// changed of it since is in the image, too: it is how the field would be without us.
func withImage(s core.Step, res core.Resource, field string) core.Fields {
	before := core.Fields{}
	maps.Copy(before, res.Before)
	before[field] = s.Before[field]
	if old, again := res.Before[field]; again {
		if value, ok := kind.Of(s.Kind).Revert(field, old, res.Fields[field], s.Before[field]); ok {
			before[field] = value
		}
	}
	return before
}

// usersBefore are the batches that used an account before this one replaced it.
func (r *run) usersBefore(fingerprint string) []core.BatchID {
	for _, old := range r.batch.Replaced {
		if old.Account == fingerprint {
			return without(old.Batches, r.batch.ID)
		}
	}
	return nil
}

func without(ids []core.BatchID, id core.BatchID) []core.BatchID {
	return slices.DeleteFunc(slices.Clone(ids), func(x core.BatchID) bool { return x == id })
}

// password makes a managed user's password and stores it before the user exists, so that no user is
// ever made whose password is lost.
func (r *run) password(ref string) error {
	_, err := r.e.Vault.Secret(ref)
	if !errors.Is(err, core.ErrNoSecret) {
		return err
	}
	return r.e.Vault.Put(map[string]string{ref: rand.Text()})
}

// keepKey stores the value of an API key that is there already; hosts give it in every read. An older value in
// the vault may be that of a key which is gone.
func (r *run) keepKey(ctx context.Context, s core.Step, o core.Object) error {
	again, err := r.client.Get(ctx, core.Ref{Kind: core.APIKey, ID: o.ID, Owner: o.Owner})
	if err != nil {
		return err
	}
	return r.e.Vault.Put(map[string]string{s.Secret: again.Secret})
}
