package state_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"cnrelay/core"
	"cnrelay/state"
)

func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			store := open(b, newDir(b)).Store()
			var wg sync.WaitGroup
			b.ResetTimer()
			for w := range writers {
				wg.Go(func() {
					for n := w; n < b.N; n += writers {
						err := store.Update(b.Context(), func(tx core.Tx) error {
							return tx.Put(core.TableEvent, fmt.Sprintf("batch/%020d", n), valueOf("0123456789", 0))
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
		})
	}
}

// BenchmarkOpen opens a state of many events after a clean end, and after a crash, when all are counted.
func BenchmarkOpen(b *testing.B) {
	for _, events := range []int{0, 1000, 100_000} {
		dir := newDir(b)
		s := open(b, dir)
		for n := 0; n < events; n += 500 {
			err := s.Store().Update(b.Context(), func(tx core.Tx) error {
				for i := range 500 {
					key := fmt.Sprintf("batch/%020d", n+i)
					if err := tx.Put(core.TableEvent, key, valueOf(key, 0)[:500]); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		closeState(b, s)
		clean, crashed := imageOf(b, dir), imageOf(b, dir)
		crashed["head"] = imageFile{bytes.Replace(clean["head"].data, []byte(`"clean":true`), []byte(`"clean":false`), 1), headSize}
		for name, img := range map[string]image{"clean": clean, "crashed": crashed} {
			b.Run(fmt.Sprintf("events=%d/%s", events, name), func(b *testing.B) {
				for range b.N {
					b.StopTimer()
					dir := img.restore(b)
					b.StartTimer()
					s, err := state.Open(dir, state.Options{})
					if err != nil {
						b.Fatal(err)
					}
					b.StopTimer()
					closeState(b, s)
					b.StartTimer()
				}
			})
		}
	}
}
