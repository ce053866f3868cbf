// Keys of a file, and of issuers that publish theirs at a URL.

#ifndef CRM_SHARED_AUTH_JWKS_FETCHED_KEYS_H_
#define CRM_SHARED_AUTH_JWKS_FETCHED_KEYS_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/auth/jwks/issuer_keys.h"
#include "shared/auth/key_source.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"

namespace crm {

// Returns the document at a URL. May block; called by one thread at a time.
using Fetch =
    std::function<absl::StatusOr<std::string>(const std::string& url)>;

// URLs of key sets by issuer.
using KeyUrls = std::map<std::string, std::string>;

// Reads `issuer=url` for each of `entries`. Returns INVALID_ARGUMENT
// (BAD_CONFIG) that names an entry which is malformed, repeated, of an issuer
// that is not among `issuers`, or whose URL CheckFetchable() refuses.
absl::StatusOr<KeyUrls> ParseKeyUrls(const std::vector<std::string>& entries,
                                     const std::vector<std::string>& issuers);

// Fetches on a thread of its own; no call ever waits for it. A file's key
// counts before a fetched one of the same issuer and id. Thread-safe.
class FetchedKeys final : public KeySource {
 public:
  // `file`, `clock` and `logger` outlive this.
  FetchedKeys(KeySource& file, const KeyUrls& urls, Fetch fetch,
              const Clock& clock, Logger& logger);
  // Stops.
  ~FetchedKeys() override;
  FetchedKeys(const FetchedKeys&) = delete;
  FetchedKeys& operator=(const FetchedKeys&) = delete;

  // Tries to fetch all sets once, then starts the thread. An issuer that cannot
  // be reached does not hold up the start: its tokens are refused until it can.
  void Start();

  std::shared_ptr<const KeySet> Get() override;
  void Miss(absl::string_view issuer, absl::string_view key_id) override;

  // Fetches what is due: what the thread does, and tests without it.
  void Advance();

 private:
  struct Source {
    IssuerKeys keys;
    std::string url;
    // The last failure that was logged.
    std::string reported;
  };

  void Run();
  void FetchOne(Source& source);

  KeySource& file_;
  const Fetch fetch_;
  const Clock& clock_;
  Logger& logger_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Source> sources_;
  // What the set in force was made of.
  std::vector<std::shared_ptr<const KeySet>> parts_;
  std::shared_ptr<const KeySet> all_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_JWKS_FETCHED_KEYS_H_
