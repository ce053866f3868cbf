#include "tests/structure/floors.h"

#include <gtest/gtest.h>

#include <string>

namespace crm::structure {
namespace {

TEST(TargetFolderOf, IsTheFolderThatHasATarget) {
  EXPECT_EQ(TargetFolderOf("shared/base/clock.h"), "shared/base");
  EXPECT_EQ(TargetFolderOf("shared/storage/sqlite/pragmas.h"),
            "shared/storage/sqlite");
  EXPECT_EQ(TargetFolderOf("services/operational/handlers/lead.cc"),
            "services/operational");
  EXPECT_EQ(TargetFolderOf("services/operational/domain/lead.cc"),
            "services/operational/domain");
  EXPECT_EQ(TargetFolderOf("gateway/http/socket.h"), "gateway/http");
  EXPECT_EQ(TargetFolderOf("gateway/app.h"), "gateway");
  EXPECT_EQ(TargetFolderOf("tests/support/matchers.h"), "tests");
  EXPECT_EQ(TargetFolderOf("absl/time/time.h"), "");
}

struct Pair {
  const char* from;
  const char* to;
};

TEST(MaySee, AllowsLowerFloors) {
  const Pair pairs[] = {
      {"shared/call", "shared/base"},
      {"shared/events", "shared/storage"},
      {"shared/storage/sqlite", "shared/storage"},
      {"shared/profile", "shared/cache"},
      {"services/host", "shared/resource"},
      {"services/operational", "services/host"},
      {"services/operational", "services/operational/domain"},
      {"services/operational/domain", "shared/query"},
      {"gateway", "gateway/local"},
      {"gateway/http", "shared/base"},
      {"tests", "gateway"},
  };
  for (const Pair& pair : pairs) {
    EXPECT_TRUE(MaySee(pair.from, pair.to)) << pair.from << " " << pair.to;
  }
}

TEST(MaySee, RefusesHigherFloorsAndNeighbours) {
  const Pair pairs[] = {
      {"shared/base", "shared/call"},
      {"shared/call", "shared/reflect"},
      {"shared/storage", "shared/storage/sqlite"},
      {"shared/storage/sqlite", "shared/storage/duckdb"},
      {"shared/storage", "shared/redis"},
      {"shared/rpc", "shared/cache"},
      {"shared/base", "services/host"},
      {"shared/new_folder", "shared/base"},
      {"shared/base", "tests"},
      {"services/operational", "services/analytical"},
      {"services/operational", "services/analytical/domain"},
      {"services/operational", "gateway/http"},
      {"services/operational/domain", "shared/observe"},
      {"services/operational/domain", "shared/storage"},
      {"services/operational/domain", "services/operational"},
      {"services/host", "services/operational"},
      {"gateway", "services/host"},
      {"gateway/http", "gateway/proxy"},
      {"gateway/new_folder", "gateway/http"},
      {"gateway", "tests"},
  };
  for (const Pair& pair : pairs) {
    EXPECT_FALSE(MaySee(pair.from, pair.to)) << pair.from << " " << pair.to;
  }
}

TEST(MaySeeLibraryHeader, KnowsTheOneFolderOfEachLibrary) {
  const Pair pairs[] = {
      {"shared/redis", "hiredis/hiredis.h"},
      {"shared/cache", "libdeflate.h"},
      {"shared/storage/sqlite", "sqlite3.h"},
      {"shared/storage/duckdb", "duckdb.h"},
      {"shared/rpc", "grpcpp/grpcpp.h"},
      {"gateway/http", "nghttp2/nghttp2.h"},
      {"gateway/http", "boost/asio/post.hpp"},
      {"services/analytical/domain", "boost/math/special_functions/beta.hpp"},
      {"services/analytical/domain", "Eigen/Core"},
      {"services/analytical/domain", "nlopt.h"},
      {"services/host", "httplib.h"},
  };
  for (const Pair& pair : pairs) {
    EXPECT_TRUE(MaySeeLibraryHeader(pair.from, pair.to)) << pair.to;
    EXPECT_TRUE(MaySeeLibraryHeader("tests", pair.to)) << pair.to;
    EXPECT_FALSE(MaySeeLibraryHeader("shared/base", pair.to)) << pair.to;
    EXPECT_FALSE(MaySeeLibraryHeader("services/operational", pair.to))
        << pair.to;
  }
  EXPECT_TRUE(MaySeeLibraryHeader("shared/base", "absl/time/time.h"));
  // Of Boost, each sees its own part.
  EXPECT_FALSE(
      MaySeeLibraryHeader("services/analytical/domain", "boost/asio/post.hpp"));
}

TEST(MayLinkLibrary, KnowsTheOneFolderOfEachLibrary) {
  const Pair pairs[] = {
      {"shared/redis", "PkgConfig::HIREDIS"},
      {"shared/cache", "PkgConfig::LIBDEFLATE"},
      {"shared/storage/sqlite", "SQLite::SQLite3"},
      {"shared/storage/duckdb", "crm_duckdb_client"},
      {"shared/rpc", "gRPC::grpc++_reflection"},
      {"gateway/http", "PkgConfig::NGHTTP2"},
      {"gateway/http", "Boost::headers"},
      {"services/analytical/domain", "BoostMath::BoostMath"},
      {"services/analytical/domain", "Eigen3::Eigen"},
      {"services/analytical/domain", "PkgConfig::NLOPT"},
      {"services/host", "PkgConfig::HTTPLIB"},
  };
  for (const Pair& pair : pairs) {
    EXPECT_TRUE(MayLinkLibrary(pair.from, pair.to)) << pair.to;
    EXPECT_FALSE(MayLinkLibrary("shared/events", pair.to)) << pair.to;
  }
  EXPECT_TRUE(MayLinkLibrary("shared/events", "absl::span"));
}

}  // namespace
}  // namespace crm::structure
