// Package contract holds the facts about sub2api hosts that cnrelay relies on as executable cases.
//
// [Run] puts them to any host: to fakehost in every test run, and to a real one when its address is
// in the environment (see TestRealHost), whose answers make docs/hosts/<version>.md. A host's
// features are detected, not derived from its version, so a case states what holds where.
package contract
