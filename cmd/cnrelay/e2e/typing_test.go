package e2e

import (
	"fmt"
	"strings"
	"testing"

	"cnrelay/hostclient/fakehost"
)

// TestKeysThatComeTogether: over a slow line several keys arrive at once. None is lost, and a word that happens to
// be a key's name is a word.
func TestKeysThatComeTogether(t *testing.T) {
	l := newLab(t)
	x := l.open()
	x.Sees("No host is registered yet")
	x.Type("2") // and what it shows is read meanwhile
	x.Sees("▸ deepseek")
	x.Type("jjj")
	x.Sees("▸ kimi")
	x.Type("kk")
	x.Sees("▸ doubao")
	x.Press("/")
	x.Sees("esc back")
	x.Type("up")
	x.Sees("0/6", "/ up")
	x.Press("ctrl+u")
	x.Type("glm")
	x.Sees("1/6", "▸ glm")
}

// TestPasteOfKeys: empties and duplicates are said, names shown, keys never.
func TestPasteOfKeys(t *testing.T) {
	l := newLab(t)
	l.registered("lab", fakehost.Options{})
	x := l.open()
	x.Sees("● up")
	l.keysAsked(x)
	var lines []string
	for i := range 180 {
		lines = append(lines, fmt.Sprintf("sk-ok-%d", i))
	}
	lines = append(lines, lines[:20]...)
	x.Paste("# a comment\r\n" + strings.Join(lines, "\r\n") + "\r\n")
	x.Sees("keys: 180", "20 stand twice and count once", "1 empty or comment lines")
	x.Press("enter")
	x.Sees("managed:1", "keys: 180")
	x.Press("enter")
	x.Sees("Everything is in place: 366 writes")
	x.Press("esc")
	x.Sees("managed:1")
	x.Press("esc")
	x.Sees("keys: 180", "20 stand twice")
	x.Press("ctrl+u")
	x.Sees("keys: 0")
}

// TestPasteOfOneMebibyte: the most that is taken is taken in one go, and more is refused; the console answers after it.
func TestPasteOfOneMebibyte(t *testing.T) {
	if testing.Short() {
		t.Skip("a megabyte takes long with the race detector")
	}
	l := newLab(t)
	l.registered("lab", fakehost.Options{})
	x := l.open()
	x.Sees("● up")
	l.keysAsked(x)
	var b strings.Builder
	n := 0
	for b.Len() < 1<<20-100 {
		fmt.Fprintf(&b, "sk-%060d\n", n)
		n++
	}
	x.Paste(b.String())
	x.Sees(fmt.Sprintf("keys: %d", n))
	x.Paste(b.String()[:1<<10])
	x.Sees("more than 1 MiB was pasted")
	x.Press("ctrl+u")
	x.Sees("keys: 0")
}

// TestPasteWithoutMarks: a terminal that doesn't say what is pasted sends line breaks as enter.
func TestPasteWithoutMarks(t *testing.T) {
	l := newLab(t)
	l.registered("lab", fakehost.Options{})
	x := l.open()
	x.Sees("● up")
	l.keysAsked(x)
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "sk-ok-%027d\r", i)
	}
	x.Type(b.String())
	x.Sees("keys: 2000", "Paste upstream keys")
}

// TestChinese: the whole interface in Chinese, with a filter in Chinese on wide names.
func TestChinese(t *testing.T) {
	l := newLab(t)
	l.registered("北京网关", fakehost.Options{})
	l.registered("上海网关", fakehost.Options{})
	x := l.open("LANG=zh_CN.UTF-8")
	x.Sees("主机", "供应商包", "批次", "偏差", "北京网关", "上海网关", "● 正常", "2 台主机中 2 台正常")
	x.Press("/")
	x.Sees("esc 返回")
	x.Type("北京")
	x.Loses("上海网关")
	x.Sees("1/2", "▸ 北京网关")
	x.Press("enter")
	x.Sees("i 导入")
	x.Press("i")
	x.Sees("选择供应商", "深度求索")
	x.Press("enter")
	x.Sees("端点", "基础地址")
	x.Press("enter")
	x.Sees("粘贴上游密钥")
	x.Press("esc")
	x.Sees("端点")
	x.Press("esc")
	x.Sees("选择供应商")
	x.Press("esc")
	x.Sees("选择主机", "北京网关", "上海网关")
}
