package fakehost

import (
	"encoding/json"
	"slices"
	"strconv"
)

// A host keeps a conversation on the account that answered it, whatever the priorities say, and
// knows it by the group, the model and the first words of the user (seen on 0.1.121, 0.1.133 and
// 0.1.179 with an account of better priority attached later; the real ones forget after an hour).

func (j *job) conversation() string {
	words := j.body["input"]
	if list, ok := j.body["messages"].([]any); ok {
		for _, m := range list {
			if message, ok := m.(map[string]any); ok && message["role"] == "user" {
				words = message["content"]
				break
			}
		}
	}
	raw, _ := json.Marshal(words) // it was JSON before
	return strconv.FormatInt(j.group.id, 10) + "/" + j.model + "/" + string(raw)
}

// keepTo puts the account that answered the conversation before first, if it still may serve.
func (j *job) keepTo(id int64) {
	i := slices.IndexFunc(j.accounts, func(s *scheduled) bool { return s.id == id })
	if i > 0 {
		account := j.accounts[i]
		j.accounts = append([]*scheduled{account}, slices.Delete(slices.Clone(j.accounts), i, i+1)...)
	}
}

func (j *job) answeredBy(account *scheduled) {
	j.host.mu.Lock()
	defer j.host.mu.Unlock()
	j.host.sticky[j.conversation()] = account.id
}
