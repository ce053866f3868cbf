#include "tests/structure/floors.h"

#include <iterator>
#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace crm::structure {
namespace {

constexpr int kTopSharedFloor = 7;
// A domain sees the floors up to this one.
constexpr int kTopDomainFloor = 3;

// The floors of shared/. A folder sees only lower ones, and what it lies in.
const std::map<std::string, int, std::less<>>& SharedFloors() {
  static const auto* const floors = new std::map<std::string, int, std::less<>>{
      {"shared/base", 1},
      {"shared/reflect", 2},
      {"shared/call", 2},
      {"shared/query", 3},
      {"shared/observe", 3},
      {"shared/tabular", 3},
      {"shared/graph", 4},
      {"shared/storage", 4},
      {"shared/storage/sqlite", 4},
      {"shared/storage/postgres", 4},
      {"shared/storage/duckdb", 4},
      {"shared/auth", 4},
      {"shared/auth/jwks", 4},
      {"shared/redis", 4},
      {"shared/admission", 4},
      {"shared/rpc", 5},
      {"shared/cache", 5},
      {"shared/events", 6},
      {"shared/resource", kTopSharedFloor},
      {"shared/resource/audit", kTopSharedFloor},
      {"shared/profile", kTopSharedFloor},
  };
  return *floors;
}

// The order inside the gateway: a folder sees only those of lower rank.
const std::map<std::string, int, std::less<>>& GatewayRanks() {
  static const auto* const ranks = new std::map<std::string, int, std::less<>>{
      {"gateway/http", 1},      {"gateway/routing", 1}, {"gateway/api", 1},
      {"gateway/transcode", 2}, {"gateway/policy", 3},  {"gateway/proxy", 4},
      {"gateway/local", 5},     {"gateway", 6},
  };
  return *ranks;
}

int FloorOf(absl::string_view folder) {
  const auto found = SharedFloors().find(folder);
  return found == SharedFloors().end() ? 0 : found->second;
}

int RankOf(absl::string_view folder) {
  const auto found = GatewayRanks().find(folder);
  return found == GatewayRanks().end() ? 0 : found->second;
}

bool IsIn(absl::string_view path, absl::string_view folder) {
  return path == folder || absl::StartsWith(path, absl::StrCat(folder, "/"));
}

// A library and the one folder that may know it.
struct ClientLibrary {
  // How its headers begin; one that ends in .h is the whole name.
  std::vector<std::string> headers;
  // How its CMake targets begin.
  std::string target;
  std::string owner;
};

const std::vector<ClientLibrary>& ClientLibraries() {
  static const auto* const libraries = new std::vector<ClientLibrary>{
      {{"hiredis/"}, "PkgConfig::HIREDIS", "shared/redis"},
      {{"libdeflate.h"}, "PkgConfig::LIBDEFLATE", "shared/cache"},
      {{"unicode/"}, "ICU::", "shared/query"},
      {{"csv.h"}, "Csv::", "shared/tabular"},
      {{"sqlite3.h"}, "SQLite::SQLite3", "shared/storage/sqlite"},
      {{"libpq-fe.h"}, "PkgConfig::LIBPQ", "shared/storage/postgres"},
      {{"duckdb.h", "duckdb.hpp", "duckdb/"},
       "crm_duckdb_client",
       "shared/storage/duckdb"},
      {{"grpcpp/", "grpc/", "grpc++/"}, "gRPC::", "shared/rpc"},
      {{"nghttp2/"}, "PkgConfig::NGHTTP2", "gateway"},
      {{"boost/math/"}, "BoostMath::", "services/analytical/domain"},
      {{"boost/"}, "Boost::", "gateway"},
      {{"Eigen/"}, "Eigen3::", "services/analytical/domain"},
      {{"nlopt.h"}, "PkgConfig::NLOPT", "services/analytical/domain"},
      {{"curl/"}, "CURL::", "shared/auth/jwks"},
      {{"phonenumbers/"}, "PhoneNumber::", "services/operational/domain"},
      {{"idn2.h"}, "PkgConfig::IDN2", "services/operational/domain"},
      {{"httplib.h"}, "PkgConfig::HTTPLIB", "services/host"},
  };
  return *libraries;
}

// Every service's folder sees shared/, the host, and itself.
bool ServiceMaySee(absl::string_view from, absl::string_view to) {
  const std::vector<absl::string_view> parts = absl::StrSplit(from, '/');
  if (parts.back() == "domain") {
    const int floor = FloorOf(to);
    return floor > 0 && floor <= kTopDomainFloor && to != "shared/observe";
  }
  if (FloorOf(to) > 0) return true;
  if (from == "services/host") return false;
  return to == "services/host" || IsIn(to, from);
}

}  // namespace

std::string TargetFolderOf(absl::string_view path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '/');
  if (parts.size() < 2) return "";
  const std::string two = absl::StrCat(parts[0], "/", parts[1]);
  if (parts[0] == "shared") {
    if (parts.size() < 3) return "";
    const std::string three = absl::StrCat(two, "/", parts[2]);
    return parts.size() > 3 && FloorOf(three) > 0 ? three : two;
  }
  if (parts[0] == "gateway") return parts.size() > 2 ? two : "gateway";
  if (parts[0] == "services") {
    if (parts.size() < 3) return "";
    if (parts.size() > 3 && parts[2] == "domain") {
      return absl::StrCat(two, "/domain");
    }
    return two;
  }
  if (parts[0] == "tests") return "tests";
  return "";
}

bool MaySee(absl::string_view from, absl::string_view to) {
  if (from == "tests") return true;
  if (to == "tests") return false;
  if (absl::StartsWith(from, "shared/")) {
    const int own = FloorOf(from);
    const int other = FloorOf(to);
    if (own == 0 || other == 0) return false;
    return from == to || other < own || IsIn(from, to);
  }
  if (IsIn(from, "services")) return from == to || ServiceMaySee(from, to);
  if (IsIn(from, "gateway")) {
    const int own = RankOf(from);
    const int other = RankOf(to);
    if (own == 0) return false;
    if (from == to || FloorOf(to) > 0) return true;
    return other > 0 && other < own;
  }
  return false;
}

bool MaySeeLibraryHeader(absl::string_view folder, absl::string_view include) {
  if (folder == "tests") return true;
  for (const ClientLibrary& library : ClientLibraries()) {
    for (const std::string& header : library.headers) {
      const bool matches = absl::EndsWith(header, "/")
                               ? absl::StartsWith(include, header)
                               : include == header;
      if (matches) return IsIn(folder, library.owner);
    }
  }
  return true;
}

bool MayLinkLibrary(absl::string_view folder, absl::string_view target) {
  if (folder == "tests") return true;
  for (const ClientLibrary& library : ClientLibraries()) {
    if (absl::StartsWith(target, library.target)) {
      return IsIn(folder, library.owner);
    }
  }
  return true;
}

}  // namespace crm::structure
