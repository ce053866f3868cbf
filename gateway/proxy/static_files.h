// The files of a folder, served under a path to browsers, as those of a
// console.

#ifndef CRM_GATEWAY_PROXY_STATIC_FILES_H_
#define CRM_GATEWAY_PROXY_STATIC_FILES_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"
#include "shared/observe/trace_context.h"

namespace crm::gateway {

// The most that a folder may hold.
inline constexpr size_t kMaxStaticBytes = size_t{64} << 20;
inline constexpr size_t kMaxStaticFiles = 10'000;

// The files as they were when they were read: what is asked for is looked up
// among them, so that no path leads anywhere else. Immutable.
class StaticFiles {
 public:
  // Reads `folder` and the folders in it, to serve them under `prefix`, as
  // `/console`. Names that begin with a dot are left out; an empty `folder`
  // is one without files. Returns FAILED_PRECONDITION (BAD_FOLDER) for one that
  // cannot be read or holds too much.
  static absl::StatusOr<StaticFiles> Read(const std::string& folder,
                                          std::string prefix);

  // Returns whether a GET of `path`, which may have a query, is answered here:
  // if there are files, everything under the prefix.
  bool Serves(absl::string_view path) const;

  // Answers a GET or HEAD that is served here: a file, that of a folder's
  // `index.html`, or NOT_FOUND (PAGE_NOT_FOUND). Browsers keep files and ask by
  // their ETag whether they are still the same.
  void Answer(const RequestHead& head, ResponseWriter& writer,
              const TraceContext& trace) const;

 private:
  struct File {
    std::string content;
    std::string content_type;
    std::string etag;
  };

  StaticFiles() = default;

  std::string prefix_;
  // By path, with the prefix; folders by their path with a slash at its end.
  std::map<std::string, File, std::less<>> files_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_STATIC_FILES_H_
