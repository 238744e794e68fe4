package kind

import "cnrelay/core"

// User is an ordinary user; the e-mail is its unique name. Allowed groups matter for exclusive
// standard groups only.
var User = Spec{
	Kind:     core.User,
	Marker:   "notes",
	Compare:  map[string]Comparison{"allowed_groups": includes, "balance": atLeast},
	Reverts:  map[string]Reversal{"allowed_groups": withoutAdded},
	Volatile: []string{"balance"},
	Alone:    []string{"balance"},
	InUse:    core.Fields{"status": "active"},
}

// atLeast accepts a balance that is as wanted or more; an update sets what is wanted.
func atLeast(want, have any, _ bool) (changes []core.Change, send any) {
	w, _ := want.(float64)
	if h, _ := have.(float64); h < w {
		changes = []core.Change{{Have: have, Want: want}}
	}
	return changes, want
}
