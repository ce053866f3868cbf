#include "shared/auth/jwks/https_get.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

absl::Status BadUrl(absl::string_view what) {
  return InvalidArgument("BAD_URL", what);
}

absl::Status Failed(absl::string_view why) {
  return Unavailable("FETCH_FAILED", why);
}

// Returns a part of `url`, or "" where it has none.
std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, FreeCurl> owned(text);
  return owned.get();
}

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

// The body as it comes, up to a bound.
struct Body {
  std::string bytes;
  size_t max_bytes = 0;
};

// Called by curl; less than was given ends the transfer.
size_t TakeBytes(char* data, size_t size, size_t count, void* out) {
  Body& body = *static_cast<Body*>(out);
  const size_t given = size * count;
  if (given > body.max_bytes - body.bytes.size()) return 0;
  body.bytes.append(data, given);
  return given;
}

// curl wants this once, before any thread uses it.
bool StartCurl() {
  static const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return started;
}

}  // namespace

absl::Status CheckFetchable(absl::string_view text) {
  const std::unique_ptr<CURLU, FreeCurl> url(curl_url());
  if (url == nullptr ||
      curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) !=
          CURLUE_OK) {
    return BadUrl(absl::StrCat("'", text, "' is no URL."));
  }
  if (!PartOf(url.get(), CURLUPART_USER).empty() ||
      !PartOf(url.get(), CURLUPART_PASSWORD).empty()) {
    return BadUrl("The URL must hold no user and password.");
  }
  const std::string scheme = PartOf(url.get(), CURLUPART_SCHEME);
  const std::string host = PartOf(url.get(), CURLUPART_HOST);
  if (scheme == "https" || (scheme == "http" && IsLoopback(host))) {
    return absl::OkStatus();
  }
  return BadUrl(absl::StrCat("'", text,
                             "' must be an https URL; http is for this "
                             "machine's loopback alone."));
}

absl::StatusOr<std::string> HttpsGet(const std::string& url,
                                     const HttpsGetOptions& options) {
  CRM_RETURN_IF_ERROR(CheckFetchable(url));
  const std::unique_ptr<CURL, FreeCurl> curl(StartCurl() ? curl_easy_init()
                                                         : nullptr);
  if (curl == nullptr) return Failed("The HTTP client cannot be started.");
  Body body;
  body.max_bytes = options.max_bytes;
  const long timeout = absl::ToInt64Milliseconds(options.timeout);
  char problem[CURL_ERROR_SIZE] = "";
  CURL* const handle = curl.get();
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, problem);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, timeout);
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  }
  // What is on this machine is reached without a proxy.
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &TakeBytes);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(handle);
  if (code == CURLE_WRITE_ERROR) {
    return Failed(absl::StrCat("The answer is larger than ", options.max_bytes,
                               " bytes."));
  }
  if (code != CURLE_OK) {
    return Failed(absl::StrCat(
        "The fetch failed: ",
        problem[0] == '\0' ? curl_easy_strerror(code) : problem, "."));
  }
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    return Failed(absl::StrCat("The server answered ", status, ", not 200."));
  }
  return std::move(body.bytes);
}

}  // namespace crm
