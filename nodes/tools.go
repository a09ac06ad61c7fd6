//go:build tools

// Package nodes pins what MedUnion builds from the Go module proxy.
package nodes

import _ "github.com/ipfs/kubo/cmd/ipfs"
