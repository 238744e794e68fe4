// Package core is cnrelay's vocabulary: the values that every other package speaks in, and the
// small interfaces (ports) through which the engine reaches a host, an upstream, the store, the
// vault and the packs.
//
// It imports the standard library only and performs no IO. The walks that use it are beside it:
// core/kind (what each kind of resource is), core/plan (desired state → ordered steps),
// core/probe (whose fault is it) and core/engine (the service behind every face).
//
// Texts that people read are not made here: core gives codes and values, tui/text has the words.
package core
