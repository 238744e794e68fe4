package kind

import "cnrelay/core"

// Plan is a payment plan for a group. Names are not unique and the group is not checked by the host.
var Plan = Spec{Kind: core.Plan, Marker: "description"}
