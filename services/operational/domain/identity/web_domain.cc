#include "services/operational/domain/identity/web_domain.h"

#include <idn2.h>

#include <memory>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/text_folding.h"
#include "shared/query/utf8.h"

namespace crm::operational {
namespace {

// DNS: the longest label.
constexpr size_t kMaxLabelBytes = 63;
constexpr size_t kMaxPortDigits = 5;

constexpr char kNoDomain[] = "must be a web domain, such as 'example.org'.";

struct FreeIdn {
  void operator()(char* text) const { idn2_free(text); }
};
using IdnText = std::unique_ptr<char, FreeIdn>;

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes &&
         label.front() != '-' && label.back() != '-' &&
         absl::c_all_of(label, [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

// A last label of digits would be read as an address by numbers.
bool IsHost(absl::string_view host) {
  const std::vector<absl::string_view> labels = absl::StrSplit(host, '.');
  return host.size() <= kMaxDomainBytes && labels.size() >= 2 &&
         absl::c_all_of(labels, IsLabel) &&
         !absl::c_all_of(labels.back(), absl::ascii_isdigit);
}

std::string ToReadable(const std::string& host) {
  char* readable = nullptr;
  const int result = idn2_to_unicode_8z8z(host.c_str(), &readable, 0);
  const IdnText owned(readable);
  return result == IDN2_OK ? std::string(readable) : host;
}

// Cuts everything off that follows the host. Returns false for a port that is
// none.
bool KeepHost(absl::string_view& text) {
  text = text.substr(0, text.find_first_of("/?#\\"));
  const size_t colon = text.find(':');
  if (colon == absl::string_view::npos) return true;
  const absl::string_view port = text.substr(colon + 1);
  text = text.substr(0, colon);
  return port.size() <= kMaxPortDigits &&
         absl::c_all_of(port, absl::ascii_isdigit);
}

bool ConsumeScheme(absl::string_view& text) {
  for (const absl::string_view scheme : {"https://", "http://", "//"}) {
    if (!absl::StartsWithIgnoreCase(text, scheme)) continue;
    text.remove_prefix(scheme.size());
    return true;
  }
  return !absl::StrContains(text, "://");
}

}  // namespace

absl::StatusOr<std::string> ToAsciiDomain(absl::string_view domain,
                                          absl::string_view field) {
  // A domain in UTF-8 is at most a few times as long as its ASCII form.
  if (domain.size() > 4 * kMaxDomainBytes ||
      FindInvalidUtf8(domain) != absl::string_view::npos ||
      absl::StrContains(domain, '\0')) {
    return BadField(field, kNoDomain);
  }
  const std::string input(domain);
  char* ascii = nullptr;
  // Not with the library's rules for ASCII: they drop what they do not allow,
  // and make one domain of two. IsHost() refuses it.
  const int result = idn2_to_ascii_8z(input.c_str(), &ascii,
                                      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const IdnText owned(ascii);
  if (result != IDN2_OK) return BadField(field, kNoDomain);
  // Here rather than before, because other full stops became dots, too.
  std::string host =
      absl::AsciiStrToLower(absl::StripSuffix(absl::string_view(ascii), "."));
  if (!IsHost(host)) return BadField(field, kNoDomain);
  return host;
}

absl::StatusOr<WebDomain> NormalizeWebDomain(absl::string_view text,
                                             absl::string_view field) {
  if (text.size() > kMaxWebAddressBytes) {
    return BadField(field, "must be at most 2048 bytes long.");
  }
  absl::string_view host = absl::StripAsciiWhitespace(text);
  if (!ConsumeScheme(host)) {
    return BadField(field, "must be an address of http or https.");
  }
  if (!KeepHost(host)) return BadField(field, kNoDomain);
  WebDomain domain;
  CRM_ASSIGN_OR_RETURN(domain.host, ToAsciiDomain(host, field));
  domain.match_key = domain.host;
  // 'www.org' is a domain of its own.
  if (absl::StartsWith(domain.host, "www.") &&
      IsHost(absl::string_view(domain.host).substr(4))) {
    domain.match_key = domain.host.substr(4);
  }
  domain.look_alike_key = FoldText(ToReadable(domain.match_key));
  return domain;
}

}  // namespace crm::operational
