#include "shared/auth/jwks/fetched_keys.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/auth/jwks/https_get.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

// How often the thread looks at the clock at least.
constexpr absl::Duration kLookInterval = absl::Seconds(5);

}  // namespace

absl::StatusOr<KeyUrls> ParseKeyUrls(const std::vector<std::string>& entries,
                                     const std::vector<std::string>& issuers) {
  KeyUrls urls;
  for (const std::string& entry : entries) {
    // An issuer is an https URL as a rule: the address comes last.
    const size_t mark = entry.find("=http");
    if (mark == std::string::npos || mark == 0) {
      return InvalidArgument(
          "BAD_CONFIG",
          absl::StrCat("'", entry, "' must be an issuer, '=' and a URL."));
    }
    const std::string issuer = entry.substr(0, mark);
    const std::string url = entry.substr(mark + 1);
    if (std::find(issuers.begin(), issuers.end(), issuer) == issuers.end()) {
      return InvalidArgument(
          "BAD_CONFIG",
          absl::StrCat("'", issuer, "' is no issuer whose users are let in."));
    }
    if (const absl::Status status = CheckFetchable(url); !status.ok()) {
      return InvalidArgument("BAD_CONFIG", std::string(status.message()));
    }
    if (!urls.try_emplace(issuer, url).second) {
      return InvalidArgument(
          "BAD_CONFIG", absl::StrCat("'", issuer, "' has two URLs of keys."));
    }
  }
  return urls;
}

FetchedKeys::FetchedKeys(KeySource& file, const KeyUrls& urls, Fetch fetch,
                         const Clock& clock, Logger& logger)
    : file_(file), fetch_(std::move(fetch)), clock_(clock), logger_(logger) {
  for (const auto& [issuer, url] : urls) {
    sources_.push_back({IssuerKeys(issuer), url, ""});
  }
}

FetchedKeys::~FetchedKeys() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void FetchedKeys::Start() {
  Advance();
  thread_ = std::thread([this] { Run(); });
}

void FetchedKeys::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, absl::ToChronoMilliseconds(kLookInterval),
                   [this] { return stopping_ || woken_; });
    woken_ = false;
    if (stopping_) return;
    lock.unlock();
    Advance();
    lock.lock();
  }
}

void FetchedKeys::Advance() {
  // The sources themselves are as many as at the start.
  for (Source& source : sources_) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      const absl::Duration now = clock_.Monotonic();
      if (!source.keys.Due(now)) continue;
      source.keys.BeginFetch(now);
    }
    FetchOne(source);
  }
}

void FetchedKeys::FetchOne(Source& source) {
  absl::StatusOr<std::string> text = fetch_(source.url);
  std::lock_guard lock(mutex_);
  const absl::Status status =
      source.keys.EndFetch(std::move(text), clock_.Monotonic());
  const std::string problem(status.message());
  if (problem == source.reported) return;
  source.reported = problem;
  if (status.ok()) {
    logger_.Log(LogLevel::kInfo, "keys are fetched again",
                {{"issuer", source.keys.issuer()}});
  } else {
    logger_.Log(LogLevel::kError, "keys cannot be fetched",
                {{"issuer", source.keys.issuer()}, {"error", problem}});
  }
}

std::shared_ptr<const KeySet> FetchedKeys::Get() {
  const absl::Duration now = clock_.Monotonic();
  std::vector<std::shared_ptr<const KeySet>> parts = {file_.Get()};
  std::lock_guard lock(mutex_);
  for (const Source& source : sources_) {
    auto keys = source.keys.Keys(now);
    if (keys != nullptr) parts.push_back(std::move(keys));
  }
  if (all_ == nullptr || parts != parts_) {
    all_ = std::make_shared<const KeySet>(KeySet::Joined(parts));
    parts_ = std::move(parts);
  }
  return all_;
}

void FetchedKeys::Miss(absl::string_view issuer, absl::string_view key_id) {
  const absl::Duration now = clock_.Monotonic();
  std::lock_guard lock(mutex_);
  for (Source& source : sources_) {
    if (source.keys.issuer() == issuer && source.keys.Miss(key_id, now)) {
      woken_ = true;
      wake_.notify_all();
    }
  }
}

}  // namespace crm
