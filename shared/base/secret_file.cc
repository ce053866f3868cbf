#include "shared/base/secret_file.h"

#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {

absl::StatusOr<std::string> ReadWholeFile(absl::string_view path,
                                          size_t max_bytes) {
  std::ifstream in(std::string(path), std::ios::binary);
  // One byte more than allowed shows that there is more.
  std::string text(max_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof())) {
    return FailedPrecondition("FILE_UNREADABLE",
                              absl::StrCat("'", path, "' cannot be read."));
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > max_bytes) {
    return FailedPrecondition(
        "FILE_TOO_LARGE",
        absl::StrCat("'", path, "' is larger than ", max_bytes, " bytes."));
  }
  return text;
}

absl::Status CheckPrivate(absl::string_view path) {
  struct stat state {};
  if (stat(std::string(path).c_str(), &state) != 0 ||
      (state.st_mode & (S_IROTH | S_IWOTH)) == 0) {
    return absl::OkStatus();
  }
  return FailedPrecondition(
      "FILE_NOT_PRIVATE",
      absl::StrCat("'", path,
                   "' holds a secret and is open to every user of the "
                   "machine; take that away ('chmod o= FILE')."));
}

absl::StatusOr<std::string> ReadSecretFile(absl::string_view path,
                                           size_t max_bytes) {
  CRM_RETURN_IF_ERROR(CheckPrivate(path));
  return ReadWholeFile(path, max_bytes);
}

}  // namespace crm
