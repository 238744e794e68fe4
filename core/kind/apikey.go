package kind

import "cnrelay/core"

// APIKey is a user's key, made and deleted as that user. Names are not unique, so the marker is the name.
var APIKey = Spec{Kind: core.APIKey, InUse: core.Fields{"status": "active"}}
