package kind

import "cnrelay/core"

// Subscription gives a user a subscription group for some days. It has no name; user and group
// identify it, and assigning it again with the same days gives the same one (from 0.1.121).
var Subscription = Spec{Kind: core.Subscription, Marker: "notes", Volatile: []string{"validity_days"}, InUse: core.Fields{"status": "active"}}
