// Package tokens verifies Stepgate's access tokens and decides about @stepUp, as docs/tokens.md describes. It needs only
// the standard library. Copy this file into your project.
package tokens

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
)

const clockToleranceSeconds = 5

// What a factor proves.
const (
	Knowledge  = "KNOWLEDGE"
	Possession = "POSSESSION"
	Inherence  = "INHERENCE"
)

// Factor is one row of the table of factors. Verifies is empty if the factor never verifies its user.
type Factor struct{ Name, Proves, Verifies string }

// Factors is the table of factors, by factor id.
var Factors = map[string]Factor{
	"emailpassword":   {"PASSWORD", Knowledge, ""},
	"otp-email":       {"EMAIL_CODE", Knowledge, ""},
	"link-email":      {"EMAIL_LINK", Knowledge, ""},
	"otp-phone":       {"PHONE_CODE", Possession, ""},
	"link-phone":      {"PHONE_LINK", Possession, ""},
	"totp":            {"TOTP", Possession, ""},
	"backup-code":     {"BACKUP_CODE", Possession, ""},
	"device-approval": {"DEVICE_APPROVAL", Possession, ""},
	"passkey":         {"PASSKEY", Possession, Inherence},
	"thirdparty":      {"OAUTH", Knowledge, ""},
	"certificate":     {"CERTIFICATE", Possession, Knowledge},
}

var (
	// ErrInvalid means that the token is not accepted: the caller is anonymous.
	ErrInvalid = errors.New("the access token is not valid")
	// ErrExpired means that the token was valid. The client should refresh it.
	ErrExpired = errors.New("the access token has expired")
)

// Requirement has the arguments of @stepUp. Start from DefaultRequirement: the zero value accepts no factor.
type Requirement struct {
	MaxAge       int64    `json:"maxAge"`
	Accept       []string `json:"accept"`
	Require      string   `json:"require"`
	Bind         string   `json:"bind"`
	MinFactorAge int64    `json:"minFactorAge"`
}

// DefaultRequirement returns the requirement of @stepUp without arguments.
func DefaultRequirement() Requirement {
	return Requirement{
		MaxAge:  600,
		Accept:  []string{"PHONE_CODE", "TOTP", "BACKUP_CODE", "DEVICE_APPROVAL", "PASSKEY", "CERTIFICATE"},
		Require: "SECOND_FACTOR",
		Bind:    "SESSION",
	}
}

// Evidence is a factor that was completed. EnrolledAt is nil if it is not known.
type Evidence struct {
	Factor      string
	Proves      []string
	CompletedAt int64
	EnrolledAt  *int64
}

// Claims are the claims of a token that Verify accepted.
type Claims map[string]json.RawMessage

// Verify returns the claims of a valid token. keyOf returns the published key with a kid, or nil. now is in seconds since
// 1970.
func Verify(token string, keyOf func(kid string) *ecdsa.PublicKey, issuer, audience string, now int64) (Claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, ErrInvalid
	}
	header := objectIn(parts[0])
	kid, hasKid := text(header["kid"])
	alg, _ := text(header["alg"])
	typ, _ := text(header["typ"])
	if _, isCritical := header["crit"]; isCritical || alg != "ES256" || typ != "at+jwt" || !hasKid {
		return nil, ErrInvalid
	}
	key := keyOf(kid)
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if key == nil || key.Curve != elliptic.P256() || err != nil || len(signature) != 64 {
		return nil, ErrInvalid
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, digest[:], r, s) {
		return nil, ErrInvalid
	}
	claims := objectIn(parts[1])
	iss, _ := text(claims["iss"])
	_, hasUser := text(claims["sub"])
	_, hasSession := text(claims["sid"])
	if issuer == "" || iss != issuer || !isFor(claims["aud"], audience) || !hasUser || !hasSession {
		return nil, ErrInvalid
	}
	issuedAt, hasIssuedAt := seconds(claims["iat"])
	expiresAt, hasExpiresAt := seconds(claims["exp"])
	notBefore, hasNotBefore := seconds(claims["nbf"])
	if _, isPresent := claims["nbf"]; !hasIssuedAt || !hasExpiresAt || isPresent != hasNotBefore {
		return nil, ErrInvalid
	}
	latest := now + clockToleranceSeconds
	if issuedAt > latest || notBefore > latest {
		return nil, ErrInvalid
	}
	if now >= expiresAt+clockToleranceSeconds {
		return nil, ErrExpired
	}
	return claims, nil
}

// Held returns the completed factors that count. Malformed claims grant nothing.
func Held(claims Claims, now int64) []Evidence {
	mfa := object(claims["mfa"])
	identifying, isList := texts(mfa["i"])
	_, isPresent := mfa["i"]
	verifying, _ := texts(mfa["u"])
	enrolledAt := object(mfa["a"])
	var held []Evidence
	for id, completed := range object(mfa["c"]) {
		factor, isKnown := Factors[id]
		completedAt, isTime := seconds(completed)
		if !isKnown || !isTime || completedAt > now+clockToleranceSeconds {
			continue
		}
		one := Evidence{Factor: factor.Name, CompletedAt: completedAt}
		if (!isPresent || isList) && !contains(identifying, id) {
			one.Proves = []string{factor.Proves}
			if factor.Verifies != "" && contains(verifying, id) {
				one.Proves = append(one.Proves, factor.Verifies)
			}
			if since, isTime := seconds(enrolledAt[id]); isTime {
				one.EnrolledAt = &since
			}
		}
		held = append(held, one)
	}
	if acr, _ := text(claims["acr"]); acr == "aal2" || !isTwoFactor(held) {
		return held
	}
	var lower []Evidence
	for _, one := range held {
		if !contains(one.Proves, Possession) {
			lower = append(lower, one)
		}
	}
	return lower
}

// Enrolled returns the second factors that the user has. If that is not known, any of them.
func Enrolled(claims Claims) []string {
	ids, isList := texts(object(claims["mfa"])["e"])
	enrolled := []string{}
	for _, id := range ids {
		factor := Factors[id]
		if factor.Proves != Possession {
			isList = false
		}
		enrolled = append(enrolled, factor.Name)
	}
	if isList {
		return enrolled
	}
	enrolled = []string{}
	for _, factor := range Factors {
		if factor.Proves == Possession {
			enrolled = append(enrolled, factor.Name)
		}
	}
	return enrolled
}

// Decide returns "ACCEPTED", or the code of the refusal. claims is what Verify returned, nil for an anonymous caller.
func Decide(claims Claims, demand Requirement, now int64) string {
	if claims == nil {
		return "UNAUTHENTICATED"
	}
	var held []Evidence
	if demand.Bind != "OPERATION" {
		held = Held(claims, now)
	}
	enrolled := Enrolled(claims)
	firstFactorCounts := demand.Require == "STRONGEST_ENROLLED" && len(enrolled) == 0
	isFresh := false
	for _, one := range held {
		counts := contains(demand.Accept, one.Factor) && contains(one.Proves, Possession)
		if firstFactorCounts {
			counts = len(one.Proves) > 0
		}
		isOldEnough := demand.MinFactorAge == 0 ||
			(one.EnrolledAt != nil && now-*one.EnrolledAt >= demand.MinFactorAge)
		isFresh = isFresh || (counts && isOldEnough && now-one.CompletedAt <= demand.MaxAge)
	}
	if isFresh && (firstFactorCounts || isTwoFactor(held)) {
		return "ACCEPTED"
	}
	canProve := firstFactorCounts
	for _, name := range enrolled {
		canProve = canProve || contains(demand.Accept, name)
	}
	if canProve {
		return "STEP_UP_REQUIRED"
	}
	return "ENROLLMENT_REQUIRED"
}

func isTwoFactor(held []Evidence) bool {
	proved := map[string]bool{}
	for _, one := range held {
		for _, category := range one.Proves {
			proved[category] = true
		}
	}
	return len(proved) >= 2
}

func isFor(claim json.RawMessage, audience string) bool {
	if audience == "" {
		return false
	}
	if one, isText := text(claim); isText {
		return one == audience
	}
	list, _ := texts(claim)
	return contains(list, audience)
}

func contains(list []string, wanted string) bool {
	for _, one := range list {
		if one == wanted {
			return true
		}
	}
	return false
}

func objectIn(part string) map[string]json.RawMessage {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil
	}
	return object(decoded)
}

// The map is nil if the value is missing or not an object. Reading a nil map is fine.
func object(value json.RawMessage) map[string]json.RawMessage {
	var found map[string]json.RawMessage
	if json.Unmarshal(value, &found) != nil {
		return nil
	}
	return found
}

func text(value json.RawMessage) (string, bool) {
	var found *string
	if json.Unmarshal(value, &found) != nil || found == nil {
		return "", false
	}
	return *found, true
}

// Not ok if the value is missing, null, not a list, or a list with anything but strings.
func texts(value json.RawMessage) ([]string, bool) {
	var found []*string
	if json.Unmarshal(value, &found) != nil || found == nil {
		return nil, false
	}
	list := []string{}
	for _, one := range found {
		if one == nil {
			return nil, false
		}
		list = append(list, *one)
	}
	return list, true
}

// A whole number. null would leave an int64 unchanged, so it is excluded.
func seconds(value json.RawMessage) (int64, bool) {
	var found int64
	if bytes.Equal(bytes.TrimSpace(value), []byte("null")) || json.Unmarshal(value, &found) != nil {
		return 0, false
	}
	return found, true
}
