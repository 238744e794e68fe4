package fakehost

import "strings"

// routeList is a routing table in the making.
type routeList []route

func (l *routeList) add(acc access, badID refusal, pattern string, handle func(*call), kinds ...func(*route)) {
	method, path, _ := strings.Cut(pattern, " ")
	r := route{method: method, path: strings.Split(path, "/"), access: acc, badID: badID, handle: handle}
	for _, kind := range kinds {
		kind(&r)
	}
	*l = append(*l, r)
}

// admin adds a route of the admin API.
func (l *routeList) admin(badID refusal, method, path string, handle func(*call), kinds ...func(*route)) {
	l.add(admin, badID, method+" /api/v1/admin"+path, handle, kinds...)
}

// reads marks a route that changes no resource though its method isn't GET.
func reads(r *route) { r.reads = true }

// streams marks a route that calls upstreams.
func streams(r *route) { r.streams = true }

// routeTable is what a host of this version serves.
func (h *Host) routeTable() []route {
	var l routeList
	none := refusal{}
	t := h.traits

	l.add(public, none, "GET /health", h.health)
	l.add(public, none, "GET /setup/status", h.setupStatus)
	l.add(public, none, "GET /api/v1/settings/public", h.publicSettings)
	l.add(public, none, "POST /api/v1/auth/login", h.login, reads)
	l.add(public, none, "POST /api/v1/auth/refresh", h.refresh, reads)
	l.add(public, none, "POST /api/v1/auth/logout", h.logout, reads)
	l.add(user, none, "GET /api/v1/auth/me", h.me)

	l.admin(none, "GET", "/system/version", h.systemVersion)
	l.admin(none, "GET", "/settings/admin-api-key", h.adminKeyStatus)
	l.admin(none, "POST", "/settings/admin-api-key/regenerate", h.regenerateAdminKey)
	if t.cooldown {
		l.admin(none, "GET", "/settings/rate-limit-429-cooldown", h.rateLimitCooldown)
	}
	if t.compliance {
		l.admin(none, "GET", "/compliance", h.compliance)
		l.admin(none, "POST", "/compliance/accept", h.acceptCompliance)
	}

	l.admin(none, "GET", "/groups", h.listGroups)
	l.admin(none, "GET", "/groups/all", h.allGroups)
	l.admin(none, "POST", "/groups", h.createGroup)
	l.admin(badGroupID, "GET", "/groups/:id", h.getGroup)
	l.admin(badGroupID, "PUT", "/groups/:id", h.updateGroup)
	l.admin(badGroupID, "DELETE", "/groups/:id", h.deleteGroup)
	l.admin(badGroupID, "GET", "/groups/:id/api-keys", h.groupKeys)
	l.admin(badGroupID, "GET", "/groups/:id/subscriptions", h.groupSubscriptions)
	if t.candidates {
		l.admin(badGroupID, "GET", "/groups/:id/models-list-candidates", h.groupCandidates)
	}

	if t.channels {
		l.admin(none, "GET", "/channels", h.listChannels)
		l.admin(none, "POST", "/channels", h.createChannel)
		l.admin(none, "GET", "/channels/model-pricing", h.modelPricing)
		l.admin(badChannelID, "GET", "/channels/:id", h.getChannel)
		l.admin(badChannelID, "PUT", "/channels/:id", h.updateChannel)
		l.admin(badChannelID, "DELETE", "/channels/:id", h.deleteChannel)
	}

	if t.plans {
		l.admin(none, "GET", "/payment/config", h.paymentConfig)
		l.admin(none, "GET", "/payment/plans", h.listPlans)
		l.admin(none, "POST", "/payment/plans", h.createPlan)
		l.admin(badPlanID, "PUT", "/payment/plans/:id", h.updatePlan)
		l.admin(badPlanID, "DELETE", "/payment/plans/:id", h.deletePlan)
	}

	l.admin(none, "GET", "/accounts", h.listAccounts)
	l.admin(none, "POST", "/accounts", h.createAccount)
	l.admin(none, "GET", "/accounts/data", h.exportAccounts)
	l.admin(none, "POST", "/accounts/batch", h.createAccounts)
	l.admin(none, "POST", "/accounts/bulk-update", h.bulkUpdate)
	if t.modelSync {
		l.admin(none, "POST", "/accounts/models/sync-upstream-preview", h.previewModels, reads, streams)
	}
	l.admin(badAccountID, "GET", "/accounts/:id", h.getAccount)
	l.admin(badAccountID, "PUT", "/accounts/:id", h.updateAccount)
	l.admin(badAccountID, "DELETE", "/accounts/:id", h.deleteAccount)
	l.admin(badAccountID, "POST", "/accounts/:id/test", h.testAccount, streams)
	l.admin(badAccountID, "POST", "/accounts/:id/schedulable", h.setSchedulable)
	l.admin(badAccountID, "POST", "/accounts/:id/clear-error", h.clearError)
	if t.recover {
		l.admin(badAccountID, "POST", "/accounts/:id/recover-state", h.clearError)
	}
	l.admin(badAccountID, "POST", "/accounts/:id/clear-rate-limit", h.clearRateLimit)
	l.admin(badAccountID, "GET", "/accounts/:id/temp-unschedulable", h.tempUnschedulable)
	l.admin(badAccountID, "DELETE", "/accounts/:id/temp-unschedulable", h.clearTempUnschedulable)
	l.admin(badAccountID, "GET", "/accounts/:id/models", h.accountModels)
	if t.modelSync {
		l.admin(badAccountID, "POST", "/accounts/:id/models/sync-upstream", h.syncModels, reads, streams)
	}

	l.admin(none, "GET", "/users", h.listUsers)
	l.admin(none, "POST", "/users", h.createUser)
	l.admin(badUserID, "GET", "/users/:id", h.getUser)
	l.admin(badUserID, "PUT", "/users/:id", h.updateUser)
	l.admin(badUserID, "DELETE", "/users/:id", h.deleteUser)
	l.admin(badUserID, "POST", "/users/:id/balance", h.changeBalance)
	l.admin(badUserID, "GET", "/users/:id/api-keys", h.userKeys)
	l.admin(badUserID, "GET", "/users/:id/subscriptions", h.userSubscriptions)
	if t.keyBinding {
		l.admin(badAPIKeyID, "PUT", "/api-keys/:id", h.bindKey)
	}

	l.admin(none, "GET", "/subscriptions", h.listSubscriptions)
	l.admin(none, "POST", "/subscriptions/assign", h.assign)
	l.admin(badSubscriptionID, "GET", "/subscriptions/:id", h.getSubscription)
	l.admin(badSubscriptionID, "POST", "/subscriptions/:id/extend", h.extend)
	l.admin(badSubscriptionID, "DELETE", "/subscriptions/:id", h.revoke)

	if t.native {
		l.admin(badAccountID, "GET", "/cn-providers/accounts/:id/balance", h.nativeBalance)
	}

	l.admin(none, "GET", "/usage", h.listUsage)
	l.admin(none, "GET", "/ops/account-availability", h.accountAvailability)
	l.admin(none, "GET", "/ops/upstream-errors", h.upstreamErrors)

	l.add(user, none, "GET /api/v1/groups/available", h.availableGroups)
	l.add(user, none, "GET /api/v1/keys", h.listKeys)
	l.add(user, none, "POST /api/v1/keys", h.createKey)
	l.add(user, badKeyID, "GET /api/v1/keys/:id", h.getKey)
	l.add(user, badKeyID, "PUT /api/v1/keys/:id", h.updateKey)
	l.add(user, badKeyID, "DELETE /api/v1/keys/:id", h.deleteKey)

	l.add(gateway, none, "GET /v1/models", h.gatewayModels)
	l.add(gateway, none, "GET /v1/usage", h.ownUsage)
	for _, prefix := range []string{"/v1", ""} {
		if t.chat {
			l.add(gateway, none, "POST "+prefix+"/chat/completions", h.completion(chatAPI), streams)
		}
		l.add(gateway, none, "POST "+prefix+"/responses", h.completion(responsesAPI), streams)
	}
	l.add(gateway, none, "POST /v1/messages", h.completion(messagesAPI), streams)
	return l
}
