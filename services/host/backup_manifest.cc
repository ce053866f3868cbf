#include "services/host/backup_manifest.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/file_digest.h"
#include "shared/base/status_macros.h"
#include "shared/storage/sqlite/snapshot.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kFormat = "1";
constexpr absl::string_view kSuffix = ".manifest";
// A manifest lists tenants, so it may be long; beyond this it is none.
constexpr int64_t kMaxManifestBytes = int64_t{64} << 20;

absl::Status Damaged(absl::string_view name, absl::string_view why) {
  return MakeError(absl::StatusCode::kDataLoss, "BACKUP_DAMAGED",
                   absl::StrCat("The backup '", name, "' is damaged: ", why,
                                ". Take another one."));
}

std::string PathOf(const std::string& folder, absl::string_view name,
                   absl::string_view suffix) {
  return (fs::path(folder) / absl::StrCat(name, suffix)).string();
}

// Takes one line; returns whether it is one that is known.
bool TakeLine(absl::string_view key, absl::string_view value,
              BackupManifest& manifest) {
  if (key == "format") return value == kFormat;
  if (key == "name") manifest.name = std::string(value);
  if (key == "service") manifest.service = std::string(value);
  if (key == "schema_checksum") manifest.schema_checksum = std::string(value);
  if (key == "sha256") manifest.sha256 = std::string(value);
  if (key == "tenant") {
    return absl::CUnescape(value, &manifest.tenants.emplace_back());
  }
  if (key == "time") {
    return absl::ParseTime(absl::RFC3339_full, value, &manifest.time, nullptr);
  }
  if (key == "head") {
    return absl::SimpleAtoi(value, &manifest.head_seqs.emplace_back());
  }
  if (key == "schema_version") {
    return absl::SimpleAtoi(value, &manifest.schema_version);
  }
  if (key == "feed_epoch") return absl::SimpleAtoi(value, &manifest.feed_epoch);
  if (key == "bytes") return absl::SimpleAtoi(value, &manifest.bytes);
  return true;
}

absl::StatusOr<BackupManifest> ReadManifest(const fs::path& path) {
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (error || static_cast<int64_t>(bytes) > kMaxManifestBytes) {
    return Damaged(path.stem().string(), "its manifest cannot be read");
  }
  std::ifstream file(path, std::ios::binary);
  CRM_ASSIGN_OR_RETURN(
      BackupManifest manifest,
      ParseManifest(std::string(std::istreambuf_iterator<char>(file), {})));
  // The name is where the file is looked for.
  if (manifest.name != path.stem().string()) {
    return Damaged(path.stem().string(), "its manifest is that of another one");
  }
  return manifest;
}

}  // namespace

std::string FormatManifest(const BackupManifest& manifest) {
  std::string text = absl::StrCat(
      "format=", kFormat, "\nname=", manifest.name,
      "\nservice=", manifest.service, "\ntime=",
      absl::FormatTime(absl::RFC3339_full, manifest.time, absl::UTCTimeZone()),
      "\nschema_version=", manifest.schema_version,
      "\nschema_checksum=", manifest.schema_checksum,
      "\nfeed_epoch=", manifest.feed_epoch, "\nbytes=", manifest.bytes,
      "\nsha256=", manifest.sha256, "\n");
  for (const int64_t head : manifest.head_seqs) {
    absl::StrAppend(&text, "head=", head, "\n");
  }
  for (const std::string& tenant : manifest.tenants) {
    absl::StrAppend(&text, "tenant=", absl::CEscape(tenant), "\n");
  }
  // The last line is the digest of those before it.
  absl::StrAppend(
      &text, "manifest_sha256=", absl::BytesToHexString(Sha256(text)), "\n");
  return text;
}

absl::StatusOr<BackupManifest> ParseManifest(absl::string_view text) {
  const size_t end = text.rfind("manifest_sha256=");
  if (end == absl::string_view::npos ||
      text.substr(end) !=
          absl::StrCat("manifest_sha256=",
                       absl::BytesToHexString(Sha256(text.substr(0, end))),
                       "\n")) {
    return Damaged("", "its manifest is incomplete or was changed");
  }
  BackupManifest manifest;
  for (const absl::string_view line :
       absl::StrSplit(text.substr(0, end), '\n', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits('=', 1));
    if (!TakeLine(parts.first, parts.second, manifest)) {
      return Damaged(manifest.name, absl::StrCat("its manifest has a wrong '",
                                                 parts.first, "'"));
    }
  }
  return manifest;
}

absl::Status WriteManifest(const std::string& folder,
                           const BackupManifest& manifest) {
  const std::string path = PathOf(folder, manifest.name, kSuffix);
  const std::string partial = path + ".partial";
  {
    std::ofstream file(partial, std::ios::binary | std::ios::trunc);
    file << FormatManifest(manifest) << std::flush;
    if (!file) {
      std::error_code ignored;
      fs::remove(partial, ignored);
      return DiskFull();
    }
  }
  CRM_RETURN_IF_ERROR(SyncToDisk(partial));
  std::error_code error;
  fs::rename(partial, path, error);
  if (error) return StorageUnusable(path, error.message());
  return SyncToDisk(folder);
}

std::vector<BackupManifest> ListBackups(const std::string& folder) {
  std::vector<BackupManifest> backups;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing)) {
    if (entry.path().extension().string() != kSuffix) continue;
    auto manifest = ReadManifest(entry.path());
    if (manifest.ok()) backups.push_back(*std::move(manifest));
  }
  std::sort(backups.begin(), backups.end(),
            [](const BackupManifest& a, const BackupManifest& b) {
              return a.name > b.name;
            });
  return backups;
}

std::string BackupFile(const std::string& folder, absl::string_view name) {
  return PathOf(folder, name, ".db");
}

absl::Status VerifyBackup(const std::string& folder,
                          const BackupManifest& manifest) {
  const std::string path = BackupFile(folder, manifest.name);
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (error) return Damaged(manifest.name, "its file is missing");
  if (static_cast<int64_t>(bytes) != manifest.bytes) {
    return Damaged(
        manifest.name,
        absl::StrCat("it has ", bytes, " bytes instead of ", manifest.bytes));
  }
  CRM_ASSIGN_OR_RETURN(const std::string digest, Sha256OfFile(path));
  if (absl::BytesToHexString(digest) != manifest.sha256) {
    return Damaged(manifest.name, "its digest is another");
  }
  return absl::OkStatus();
}

}  // namespace crm
