// verify LOG VKEY CHECKPOINTS PROOFS: checks a log with code that shares nothing with
// ours: Go's sumdb/note and sumdb/tlog (Debian: golang-golang-x-mod-dev).
//
//	LOG          folder of `diwan journal tiles LOG --entries`
//	VKEY         what `diwan journal vkey` prints
//	CHECKPOINTS  folder of earlier checkpoints, one a file
//	PROOFS       folder of `diwan journal prove N`, as N.json
//
// Prints TAP. Each kind of check is also given a changed byte, which it must notice.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

var count, failed int

func report(name string, err error) {
	count++
	if err == nil {
		fmt.Printf("ok %d - %s\n", count, name)
		return
	}
	failed++
	fmt.Printf("not ok %d - %s\n# %v\n", count, name, err)
}

// must turns a check that has to fail into one that passes.
func must(err error) error {
	if err == nil {
		return fmt.Errorf("accepted")
	}
	return nil
}

type log struct {
	folder   string
	verifier note.Verifier
	flip     string // of this tile one byte is changed
}

func (l *log) open(text []byte) (tlog.Tree, error) {
	n, err := note.Open(text, note.VerifierList(l.verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != l.verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s: %q", l.verifier.Name(), n.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

// The paths of C2SP tlog-tiles leave out the height, which is always 8.
func (l *log) path(t tlog.Tile) string {
	return filepath.Join(l.folder, "tile", strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", height)))
}

func (l *log) Height() int { return height }

func (l *log) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(l.path(t))
		if err != nil {
			return nil, err
		}
		if len(data) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s: %d bytes", l.path(t), len(data))
		}
		if l.flip != "" && t.Path() == l.flip {
			data[len(data)/2] ^= 1
		}
		out = append(out, data)
	}
	return out, nil
}

func (l *log) SaveTiles([]tlog.Tile, [][]byte) {}

func (l *log) hashes(tree tlog.Tree) tlog.HashReader { return tlog.TileHashReader(tree, l) }

// entries gives the records of the bundles, in order.
func (l *log) entries(size int64) ([][]byte, error) {
	var out [][]byte
	for n := int64(0); n < size; n += 256 {
		t := tlog.Tile{H: height, L: -1, N: n / 256, W: 256}
		if size-n < 256 {
			t.W = int(size - n)
		}
		path := strings.Replace(l.path(t), "/data/", "/entries/", 1)
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for i := 0; i < t.W; i++ {
			if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
				return nil, fmt.Errorf("%s: cut short", path)
			}
			end := 2 + int(data[0])<<8 + int(data[1])
			out, data = append(out, data[2:end]), data[end:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("%s: %d bytes too many", path, len(data))
		}
	}
	return out, nil
}

func every(size int64) (steps []int64) {
	for n := int64(0); n < size; n += 1 + size/200 {
		steps = append(steps, n)
	}
	return append(steps, size-1)
}

func (l *log) checkRecords(tree tlog.Tree) error {
	entries, err := l.entries(tree.N)
	if err != nil {
		return err
	}
	for _, n := range every(tree.N) {
		proof, err := tlog.ProveRecord(tree.N, n, l.hashes(tree))
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, tlog.RecordHash(entries[n])); err != nil {
			return fmt.Errorf("record %d: %v", n, err)
		}
		changed := append([]byte{}, entries[n]...)
		changed[len(changed)/2] ^= 1
		if tlog.CheckRecord(proof, tree.N, tree.Hash, n, tlog.RecordHash(changed)) == nil {
			return fmt.Errorf("record %d with a changed byte is accepted", n)
		}
	}
	return nil
}

// checkTiles reads every leaf through the tiles, which are held against the root.
func (l *log) checkTiles(tree tlog.Tree) error {
	entries, err := l.entries(tree.N)
	if err != nil {
		return err
	}
	for n, e := range entries {
		h, err := l.hashes(tree).ReadHashes([]int64{tlog.StoredHashIndex(0, int64(n))})
		if err != nil {
			return err
		}
		if h[0] != tlog.RecordHash(e) {
			return fmt.Errorf("record %d differs from its tile", n)
		}
	}
	return nil
}

// checkRoot works the root out from the entries alone.
func (l *log) checkRoot(tree tlog.Tree) error {
	entries, err := l.entries(tree.N)
	if err != nil {
		return err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range at {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for n, e := range entries {
		h, err := tlog.StoredHashes(int64(n), e, reader)
		if err != nil {
			return err
		}
		stored = append(stored, h...)
	}
	root, err := tlog.TreeHash(tree.N, reader)
	if err == nil && root != tree.Hash {
		err = fmt.Errorf("root %v, signed %v", root, tree.Hash)
	}
	return err
}

func (l *log) checkConsistency(tree tlog.Tree, folder string) (int, error) {
	files, _ := filepath.Glob(filepath.Join(folder, "*"))
	sort.Strings(files)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return 0, err
		}
		old, err := l.open(text)
		if err != nil {
			return 0, fmt.Errorf("%s: %v", f, err)
		}
		proof, err := tlog.ProveTree(tree.N, old.N, l.hashes(tree))
		if err != nil {
			return 0, fmt.Errorf("%s: %v", f, err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			return 0, fmt.Errorf("%s: %v", f, err)
		}
		wrong := old.Hash
		wrong[7] ^= 1
		if tlog.CheckTree(proof, tree.N, tree.Hash, old.N, wrong) == nil {
			return 0, fmt.Errorf("%s with another root is accepted", f)
		}
	}
	return len(files), nil
}

type proof struct {
	Index, Size      int64
	Hashes           [][]byte
	Leaf             []byte
	Checkpoint, Vkey string
}

func hashOf(b []byte) (h tlog.Hash) {
	copy(h[:], b)
	return
}

func (l *log) checkProof(p proof) error {
	tree, err := l.open([]byte(p.Checkpoint))
	if err != nil {
		return err
	}
	if tree.N != p.Size {
		return fmt.Errorf("size %d, signed %d", p.Size, tree.N)
	}
	var path tlog.RecordProof
	for _, h := range p.Hashes {
		path = append(path, hashOf(h))
	}
	return tlog.CheckRecord(path, p.Size, tree.Hash, p.Index, hashOf(p.Leaf))
}

func (l *log) checkProofs(folder string) (int, error) {
	files, _ := filepath.Glob(filepath.Join(folder, "*.json"))
	for _, f := range files {
		var p proof
		text, err := os.ReadFile(f)
		if err == nil {
			err = json.Unmarshal(text, &p)
		}
		if err == nil {
			err = l.checkProof(p)
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %v", f, err)
		}
		p.Leaf[3] ^= 1
		if l.checkProof(p) == nil {
			return 0, fmt.Errorf("%s with another leaf is accepted", f)
		}
	}
	return len(files), nil
}

func some(n int, err error) error {
	if err == nil && n == 0 {
		return fmt.Errorf("there are none")
	}
	return err
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: verify LOG VKEY CHECKPOINTS PROOFS")
		os.Exit(2)
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(os.Args[2]))
	report("the log's key is a verifier key", err)
	if err != nil {
		os.Exit(1)
	}
	l := &log{folder: os.Args[1], verifier: verifier}
	text, err := os.ReadFile(filepath.Join(l.folder, "checkpoint"))
	report("there is a checkpoint", err)
	tree, err := l.open(text)
	report("the checkpoint's signature holds", err)
	if err != nil {
		os.Exit(1)
	}
	_, err = l.open(bytes.Replace(text, []byte("\n"+strconv.FormatInt(tree.N, 10)+"\n"),
		[]byte("\n"+strconv.FormatInt(tree.N+1, 10)+"\n"), 1))
	report("a checkpoint of another size is refused", must(err))
	signature := bytes.LastIndexByte(bytes.TrimSpace(text), ' ') + 20
	forged := append([]byte{}, text...)
	forged[signature] = map[bool]byte{true: 'A', false: 'B'}[forged[signature] != 'A']
	_, err = l.open(forged)
	report("a forged signature is refused", must(err))

	report(fmt.Sprintf("the root of %d entries is the signed one", tree.N), l.checkRoot(tree))
	report("every tile holds its records' hashes", l.checkTiles(tree))
	report("tiles prove records, and no changed one", l.checkRecords(tree))
	l.flip = tlog.Tile{H: height, L: 0, N: 0, W: int(min(256, tree.N))}.Path()
	report("a changed tile is noticed", must(l.checkTiles(tree)))
	l.flip = ""
	n, err := l.checkConsistency(tree, os.Args[3])
	report(fmt.Sprintf("%d earlier checkpoints are consistent with it", n), some(n, err))
	n, err = l.checkProofs(os.Args[4])
	report(fmt.Sprintf("%d proofs of single records hold", n), some(n, err))
	fmt.Printf("1..%d\n", count)
	if failed > 0 {
		os.Exit(1)
	}
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
