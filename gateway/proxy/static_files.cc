#include "gateway/proxy/static_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/proxy/answer.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

namespace fs = std::filesystem;

constexpr char kIndex[] = "index.html";
constexpr size_t kIndexSize = sizeof(kIndex) - 1;

// What a page of the folder may do: load from here, and be framed by nobody.
constexpr char kPolicy[] =
    "default-src 'self'; object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'none'";

std::string ContentTypeOf(const fs::path& path) {
  static const auto& types = *new std::map<std::string, std::string>{
      {".css", "text/css; charset=utf-8"},
      {".html", "text/html; charset=utf-8"},
      {".ico", "image/vnd.microsoft.icon"},
      {".jpg", "image/jpeg"},
      {".js", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".png", "image/png"},
      {".svg", "image/svg+xml"},
      {".txt", "text/plain; charset=utf-8"},
      {".wasm", "application/wasm"},
      {".webmanifest", "application/manifest+json"},
      {".woff2", "font/woff2"}};
  const auto found = types.find(path.extension().string());
  return found == types.end() ? "application/octet-stream" : found->second;
}

absl::Status BadFolder(absl::string_view what) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "BAD_FOLDER",
                   std::string(what));
}

bool Matches(absl::string_view if_none_match, absl::string_view etag) {
  if (if_none_match == "*") return true;
  for (absl::string_view one : absl::StrSplit(if_none_match, ',')) {
    one = absl::StripAsciiWhitespace(one);
    absl::ConsumePrefix(&one, "W/");
    if (one == etag) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<StaticFiles> StaticFiles::Read(const std::string& folder,
                                              std::string prefix) {
  StaticFiles files;
  files.prefix_ = std::move(prefix);
  if (folder.empty()) return files;
  std::error_code error;
  size_t bytes = 0;
  fs::recursive_directory_iterator it(folder, error);
  for (const fs::recursive_directory_iterator end; !error && it != end;
       it.increment(error)) {
    if (absl::StartsWith(it->path().filename().string(), ".")) {
      it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file(error)) continue;
    std::ifstream stream(it->path(), std::ios::binary);
    File file;
    file.content.assign(std::istreambuf_iterator<char>(stream), {});
    if (!stream)
      return BadFolder(absl::StrCat("Cannot read ", it->path().c_str()));
    bytes += file.content.size();
    if (bytes > kMaxStaticBytes || files.files_.size() >= kMaxStaticFiles) {
      return BadFolder(absl::StrCat(folder, " holds more than ",
                                    kMaxStaticFiles, " files or ",
                                    kMaxStaticBytes, " bytes."));
    }
    file.content_type = ContentTypeOf(it->path());
    file.etag = absl::StrCat(
        "\"", absl::BytesToHexString(Sha256(file.content)).substr(0, 32), "\"");
    std::string path = absl::StrCat(
        files.prefix_, "/", fs::relative(it->path(), folder).generic_string());
    if (it->path().filename() == kIndex) {
      path.erase(path.size() - kIndexSize);
    }
    files.files_.emplace(std::move(path), std::move(file));
  }
  if (error) {
    return BadFolder(
        absl::StrCat("Cannot read ", folder, ": ", error.message()));
  }
  return files;
}

bool StaticFiles::Serves(absl::string_view path) const {
  path = path.substr(0, path.find('?'));
  return !files_.empty() && absl::ConsumePrefix(&path, prefix_) &&
         (path.empty() || path.front() == '/');
}

void StaticFiles::Answer(const RequestHead& head, ResponseWriter& writer,
                         const TraceContext& trace) const {
  absl::string_view path = head.path;
  path = path.substr(0, path.find('?'));
  if (path == prefix_) {
    writer.Start(
        {.status = 308, .headers = {{"location", absl::StrCat(prefix_, "/")}}});
    return writer.End();
  }
  absl::string_view key = path;
  if (absl::EndsWith(key, absl::StrCat("/", kIndex))) {
    key.remove_suffix(kIndexSize);
  }
  const auto found = files_.find(key);
  if (found == files_.end()) {
    return AnswerRestError(
        writer, trace,
        NotFound("PAGE_NOT_FOUND", absl::StrCat("There is no '", path, "'.")));
  }
  const File& file = found->second;
  Headers headers = {{"content-type", file.content_type},
                     {"etag", file.etag},
                     {"cache-control", "no-cache"},
                     {"content-security-policy", kPolicy},
                     {"referrer-policy", "no-referrer"},
                     {"x-content-type-options", "nosniff"}};
  const std::string* known = FindHeader(head.headers, "if-none-match");
  if (known != nullptr && Matches(*known, file.etag)) {
    writer.Start({.status = 304, .headers = std::move(headers)});
  } else {
    writer.Start({.status = 200, .headers = std::move(headers)});
    writer.Write(file.content);
  }
  writer.End();
}

}  // namespace crm::gateway
