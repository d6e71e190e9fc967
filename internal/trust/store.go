package trust

import (
	"context"
	"errors"

	"cairn.example"
	"cairn.example/did"
)

// Stored is a signed list as it is kept.
type Stored struct {
	ID       string
	Operator cairn.DID
	Version  int
	Document []byte
}

// Tx is what this package needs of a store.
type Tx interface {
	// PutTrustList stores a list. A version that is not newer than the stored one
	// of the same list is a Conflict with the code trust.not-newer, unless it is
	// the same document.
	PutTrustList(ctx context.Context, s Stored) error
	TrustList(ctx context.Context, id string) (Stored, error)
	// TrustLists returns all lists, in the order in which they were first followed.
	TrustLists(ctx context.Context) ([]Stored, error)
}

// Service keeps the lists that a server follows. It is safe for concurrent use.
type Service struct {
	Tx       func(ctx context.Context, f func(Tx) error) error
	View     func(ctx context.Context, f func(Tx) error) error
	Resolver did.Resolver
	Now      cairn.Clock
}

// Follow checks that a signed list comes from an operator and keeps it. An older
// version than the one that is kept already is refused: it could hide that a
// recognition was withdrawn.
func (s *Service) Follow(ctx context.Context, document []byte, operator cairn.DID) (List, error) {
	l, err := Read(ctx, document, operator, s.Resolver, s.Now())
	if err != nil {
		return List{}, err
	}
	return l, s.Tx(ctx, func(tx Tx) error {
		known, err := tx.TrustList(ctx, l.ID)
		if err != nil && cairn.KindOf(err) != cairn.NotFound {
			return err
		}
		if err == nil && known.Operator != l.Operator {
			return &cairn.Error{Kind: cairn.Conflict, Code: "trust.other-operator", Object: l.ID, Message: "this list was kept by " + string(known.Operator) + " until now", Hint: "find out why, before you follow another operator"}
		}
		return tx.PutTrustList(ctx, Stored{ID: l.ID, Operator: l.Operator, Version: l.Version, Document: document})
	})
}

// List returns a signed list that is followed.
func (s *Service) List(ctx context.Context, id string) (stored Stored, err error) {
	err = s.View(ctx, func(tx Tx) error {
		stored, err = tx.TrustList(ctx, id)
		return err
	})
	return stored, err
}

// Lists returns the signed lists that are followed.
func (s *Service) Lists(ctx context.Context) (list []Stored, err error) {
	err = s.View(ctx, func(tx Tx) error {
		list, err = tx.TrustLists(ctx)
		return err
	})
	return list, err
}

// Snapshot returns the lists that are followed, each checked again. One that can't
// be checked now, because of its operator's keys, stands in it as broken, and the
// others keep their word. One that is not what its operator signed is an error:
// somebody changed the store.
func (s *Service) Snapshot(ctx context.Context) (*Snapshot, error) {
	stored, err := s.Lists(ctx)
	if err != nil {
		return nil, err
	}
	var lists []List
	var broken []Broken
	for _, l := range stored {
		list, err := Read(ctx, l.Document, l.Operator, s.Resolver, s.Now())
		var keys keysError
		if errors.As(err, &keys) {
			broken = append(broken, Broken{ID: l.ID, Operator: l.Operator, Err: err})
			continue
		} else if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	return NewSnapshot(lists, broken...), nil
}
