package main

import (
	"fmt"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/staff"
)

type staffCmd struct {
	Add      staffAddCmd      `cmd:"" help:"Add an account for a member of staff."`
	List     staffListCmd     `cmd:"" help:"List the accounts of an institution."`
	Password staffPasswordCmd `cmd:"" help:"Set a new password."`
	Disable  staffDisableCmd  `cmd:"" help:"Lock an account and end its sessions."`
}

type staffFlags struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Name        string `arg:"" help:"Sign-in name."`
}

type staffAddCmd struct {
	staffFlags
	Display string   `help:"Name that others see."`
	Role    []string `required:"" enum:"registrar,officer,admin" help:"registrar (decides), officer (awards and revokes) or admin. Repeat for more."`
	From    string   `required:"" help:"File with the first password." type:"path"`
}

func (s staffAddCmd) Run(c *console) error {
	pass, err := secret(s.From, "the first password")
	if err != nil {
		return err
	}
	var roles []staff.Role
	for _, r := range s.Role {
		roles = append(roles, staff.Role(r))
	}
	return s.with(c, func(a *app.App) error {
		account := staff.Account{Institution: cairn.InstitutionID(s.Institution), ID: staff.NormaliseID(s.Name), Name: s.Display, Roles: roles}
		if account.Name == "" {
			account.Name = s.Name
		}
		if err := a.Staff.Create(c.ctx, account, pass, "operator"); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.out, "added %s\n", account.ID)
		return err
	})
}

type staffListCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
}

func (s staffListCmd) Run(c *console) error {
	return s.of(c, s.Institution, func(a *app.App) error {
		list, err := a.Staff.Accounts(c.ctx, cairn.InstitutionID(s.Institution))
		w := &writer{w: c.out}
		if err == nil && len(list) == 0 {
			w.printf("%s has no account yet. Add one with: cairn staff add\n", s.Institution)
		}
		for _, m := range list {
			w.printf("%-20s %-30s %v\n", m.ID, m.Name, m.Roles)
		}
		return firstError(err, w.err)
	})
}

type staffPasswordCmd struct {
	staffFlags
	From string `required:"" help:"File with the new password." type:"path"`
}

func (s staffPasswordCmd) Run(c *console) error {
	pass, err := secret(s.From, "the new password")
	if err != nil {
		return err
	}
	return s.with(c, func(a *app.App) error {
		return a.Staff.SetPassword(c.ctx, cairn.InstitutionID(s.Institution), staff.NormaliseID(s.Name), pass, "operator")
	})
}

type staffDisableCmd struct{ staffFlags }

func (s staffDisableCmd) Run(c *console) error {
	return s.with(c, func(a *app.App) error {
		return a.Staff.Disable(c.ctx, cairn.InstitutionID(s.Institution), staff.NormaliseID(s.Name), "operator")
	})
}
