package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"cnrelay/core"
)

// Acts are the latest changes that operators asked for, newest first; 0 is no limit.
func (e *Engine) Acts(ctx context.Context, limit int) ([]core.Act, error) {
	var out []core.Act
	err := e.Store.View(ctx, func(r core.Reader) error {
		out = nil
		return r.Scan(core.TableAct, "", func(_ string, decode func(any) error) error {
			var a core.Act
			if err := decode(&a); err != nil {
				return err
			}
			if out = append(out, a); len(out) == limit {
				return core.ErrStop
			}
			return nil
		})
	})
	return out, err
}

// record writes down what an operator did, and gives how it ended.
func (e *Engine) record(a core.Act, ended error) error {
	a.At = time.Now().UTC()
	if ended != nil {
		a.Error = ended.Error()
	}
	key := fmt.Sprintf("%020d/%s", math.MaxInt64-a.At.UnixNano(), newID(""))
	// What was done stays written down even if the one who asked has gone.
	return errors.Join(ended, e.put(context.Background(), core.TableAct, key, a))
}

// askedBy is who asked, for an event.
func askedBy(ctx context.Context) *core.Operator {
	if o := core.OperatorOf(ctx); o.Name != "" {
		return &o
	}
	return nil
}
