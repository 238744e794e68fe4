package statetest_test

import (
	"testing"

	"cnrelay/core"
	"cnrelay/state/statetest"
)

func TestMemory(t *testing.T) {
	statetest.Store(t, func(*testing.T) core.Store {
		s, _ := statetest.NewMemory()
		return s
	})
	statetest.Vault(t, func(*testing.T) core.Vault {
		_, v := statetest.NewMemory()
		return v
	})
}
