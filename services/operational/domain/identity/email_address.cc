#include "services/operational/domain/identity/email_address.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/operational/domain/identity/web_domain.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/text_folding.h"
#include "shared/query/utf8.h"

namespace crm::operational {
namespace {

constexpr char kNoAddress[] =
    "must be an e-mail address, such as 'ada@example.org'.";

// What a provider says of the addresses it gives out: `domain` is the same
// mailbox as `canonical`, everything from '+' on is a tag, dots mean nothing.
struct Provider {
  absl::string_view domain;
  absl::string_view canonical;
  bool has_tags;
  bool ignores_dots;
};

// From the providers' own help pages. Domains that companies run at these
// providers are not here: nothing in the address tells them.
constexpr Provider kProviders[] = {
    {"gmail.com", "gmail.com", true, true},
    {"googlemail.com", "gmail.com", true, true},
    {"outlook.com", "outlook.com", true, false},
    {"hotmail.com", "hotmail.com", true, false},
    {"live.com", "live.com", true, false},
    {"icloud.com", "icloud.com", true, false},
    {"me.com", "icloud.com", true, false},
    {"mac.com", "icloud.com", true, false},
    {"fastmail.com", "fastmail.com", true, false},
    {"proton.me", "proton.me", true, false},
    {"protonmail.com", "protonmail.com", true, false},
};

// RFC 5322, 3.2.3, and RFC 6531: what may stand between the dots.
bool IsAtomCharacter(unsigned char c) {
  return absl::ascii_isalnum(c) || c >= 0x80 ||
         absl::StrContains("!#$%&'*+-/=?^_`{|}~", static_cast<char>(c));
}

bool IsDotAtom(absl::string_view text) {
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         !absl::StrContains(text, "..") &&
         absl::c_all_of(text, [](unsigned char c) {
           return c == '.' || IsAtomCharacter(c);
         });
}

std::string MatchKey(absl::string_view local, absl::string_view domain) {
  std::string folded = FoldText(local);
  absl::string_view canonical = domain;
  for (const Provider& provider : kProviders) {
    if (provider.domain != domain) continue;
    canonical = provider.canonical;
    // A tag is never the whole local part.
    const size_t tag = folded.find('+');
    if (provider.has_tags && tag != std::string::npos && tag > 0) {
      folded.resize(tag);
    }
    if (provider.ignores_dots) {
      folded = absl::StrReplaceAll(folded, {{".", ""}});
    }
  }
  return absl::StrCat(folded, "@", canonical);
}

}  // namespace

absl::StatusOr<EmailAddress> NormalizeEmail(absl::string_view text,
                                            absl::string_view field) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  if (trimmed.size() > kMaxEmailBytes) {
    return BadField(field, "must be at most 254 bytes long.");
  }
  const size_t at = trimmed.rfind('@');
  if (at == absl::string_view::npos ||
      FindInvalidUtf8(trimmed) != absl::string_view::npos) {
    return BadField(field, kNoAddress);
  }
  const absl::string_view local = trimmed.substr(0, at);
  if (local.size() > kMaxLocalPartBytes || !IsDotAtom(local)) {
    return BadField(field, kNoAddress);
  }
  const auto domain = ToAsciiDomain(trimmed.substr(at + 1), field);
  if (!domain.ok()) return BadField(field, kNoAddress);
  EmailAddress email{.address = absl::StrCat(local, "@", *domain),
                     .match_key = MatchKey(local, *domain)};
  // Letters beyond ASCII make a domain longer than it was.
  if (email.address.size() > kMaxEmailBytes) {
    return BadField(field, "must be at most 254 bytes long.");
  }
  return email;
}

}  // namespace crm::operational
