package kind

import "cnrelay/core"

// Group puts accounts and API keys together. Its name is unique on a host.
var Group = Spec{Kind: core.Group, Marker: "description", InUse: core.Fields{"status": "active"}}
