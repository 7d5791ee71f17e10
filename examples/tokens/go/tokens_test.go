package tokens

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
)

const vectors = "../../../docs/vectors"

type tokenFile struct {
	Issuer   string
	Audience string
	Tokens   []struct {
		Name  string
		Now   int64
		Fault *string
		Token string
	}
}

type decisionFile struct {
	Decisions []struct {
		Token       *string
		Now         int64
		Requirement Requirement
		Result      string
	}
}

type factorFile struct {
	Factors []struct {
		Factor   string
		ID       string
		Proves   []string
		Verifies string
	}
}

type keyFile struct {
	Keys []struct{ Kid, X, Y string }
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(vectors, name))
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// In a service, fetch the keys from /.well-known/jwks.json and cache them.
func publishedKeys(t *testing.T) func(kid string) *ecdsa.PublicKey {
	t.Helper()
	var file keyFile
	read(t, "jwks.json", &file)
	keys := map[string]*ecdsa.PublicKey{}
	for _, one := range file.Keys {
		keys[one.Kid] = &ecdsa.PublicKey{Curve: elliptic.P256(), X: number(t, one.X), Y: number(t, one.Y)}
	}
	return func(kid string) *ecdsa.PublicKey { return keys[kid] }
}

func number(t *testing.T, text string) *big.Int {
	t.Helper()
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return new(big.Int).SetBytes(decoded)
}

func TestFactors(t *testing.T) {
	var file factorFile
	read(t, "factors.json", &file)
	if len(file.Factors) != len(Factors) {
		t.Errorf("expected %d factors, got %d", len(file.Factors), len(Factors))
	}
	for _, one := range file.Factors {
		if expected := (Factor{one.Factor, one.Proves[0], one.Verifies}); Factors[one.ID] != expected {
			t.Errorf("%s: expected %v, got %v", one.ID, expected, Factors[one.ID])
		}
	}
}

func TestTokens(t *testing.T) {
	var file tokenFile
	read(t, "tokens.json", &file)
	keyOf := publishedKeys(t)
	for _, one := range file.Tokens {
		var expected error
		if one.Fault != nil {
			expected = map[string]error{"INVALID": ErrInvalid, "EXPIRED": ErrExpired}[*one.Fault]
		}
		if _, err := Verify(one.Token, keyOf, file.Issuer, file.Audience, one.Now); !errors.Is(err, expected) {
			t.Errorf("%s: expected %v, got %v", one.Name, expected, err)
		}
	}
	t.Logf("%d tokens", len(file.Tokens))
}

func TestDecisions(t *testing.T) {
	var file tokenFile
	read(t, "tokens.json", &file)
	var decisions decisionFile
	read(t, "decisions.json", &decisions)
	keyOf := publishedKeys(t)
	tokens := map[string]string{}
	for _, one := range file.Tokens {
		tokens[one.Name] = one.Token
	}
	for _, one := range decisions.Decisions {
		var claims Claims
		name := "no token"
		if one.Token != nil {
			name = *one.Token
			claims, _ = Verify(tokens[name], keyOf, file.Issuer, file.Audience, one.Now)
		}
		if result := Decide(claims, one.Requirement, one.Now); result != one.Result {
			t.Errorf("%s at %d, %+v: expected %s, got %s", name, one.Now, one.Requirement, one.Result, result)
		}
	}
	t.Logf("%d decisions", len(decisions.Decisions))
}
