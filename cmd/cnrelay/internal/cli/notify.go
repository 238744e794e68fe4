package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/core"
)

func (a *app) notifyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "notify", Short: "Say who is told of alerts: webhooks, ntfy, robots of WeCom, Feishu and DingTalk"}
	cmd.AddCommand(a.notifyAdd(), a.notifyList(), a.notifyTest(), a.notifyRemove())
	return cmd
}

func (a *app) notifyAdd() *cobra.Command {
	var kind, urlFile, secretFile string
	cmd := &cobra.Command{Use: "add NAME", Short: "Register a receiver; it is told in --lang", Args: args("NAME"), RunE: func(cmd *cobra.Command, args []string) (err error) {
		if err = need(cmd, "kind", kind, "url-file", urlFile); err != nil {
			return err
		}
		if !known(kind, names(core.ReceiverKinds)...) {
			return core.Input("unknown kind of receiver "+kind, "--kind webhook, ntfy, wecom, feishu or dingtalk")
		}
		url, err := a.readSecret("url-file", urlFile)
		if err != nil {
			return err
		}
		secret := ""
		if secretFile != "" {
			if secret, err = a.readSecret("secret-file", secretFile); err != nil {
				return err
			}
		}
		r := core.Receiver{Name: args[0], Kind: core.ReceiverKind(kind), Lang: string(a.words.Lang())}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			r, err := s.AddReceiver(ctx, r, url, secret)
			if err == nil {
				s.out.Receivers().Added(r)
			}
			return err
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&kind, "kind", "", "webhook, ntfy, wecom, feishu or dingtalk")
	flags.StringVar(&urlFile, "url-file", "", "`FILE` with the receiver's URL; - is standard input")
	flags.StringVar(&secretFile, "secret-file", "", "`FILE` with the secret that signs (webhook, feishu, dingtalk) or the token (ntfy)")
	return cmd
}

func (a *app) notifyList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List receivers, and how the last deliveries went", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			list, waiting, err := s.Receivers(ctx)
			if err == nil {
				s.out.Receivers().List(list, waiting)
			}
			return err
		})
	}}
}

func (a *app) notifyTest() *cobra.Command {
	return &cobra.Command{Use: "test NAME", Short: "Send a receiver a test now", Args: args("NAME"), RunE: func(cmd *cobra.Command, args []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			err := s.TestReceiver(ctx, args[0])
			if err == nil {
				s.out.Receivers().Tested(args[0])
			}
			return err
		})
	}}
}

func (a *app) notifyRemove() *cobra.Command {
	return &cobra.Command{Use: "remove NAME", Short: "Forget a receiver, its secrets and what is on its way to it", Args: args("NAME"), RunE: func(cmd *cobra.Command, args []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			err := s.RemoveReceiver(ctx, args[0])
			if err == nil {
				s.out.Receivers().Removed(args[0])
			}
			return err
		})
	}}
}
