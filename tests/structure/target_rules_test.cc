#include "tests/structure/target_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace crm::structure {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const SourceFile& Base() {
  static const auto* const file = new SourceFile{
      "shared/base/CMakeLists.txt", "crm_library(crm_base SOURCES clock.cc)\n"};
  return *file;
}

// Base, its source, and `files`.
std::vector<SourceFile> With(std::vector<SourceFile> files) {
  files.push_back(Base());
  files.push_back({"shared/base/clock.cc", ""});
  return files;
}

TEST(TargetsIn, ReadsNameSourcesAndBothListsOfDependencies) {
  const SourceFile file = {"shared/redis/CMakeLists.txt",
                           "# crm_library(crm_not_this SOURCES x.cc)\n"
                           "crm_library(crm_redis\n"
                           "    SOURCES\n      pool.cc  # The pool.\n"
                           "      reply.cc\n    DEPS crm_base\n"
                           "    PRIVATE_DEPS PkgConfig::HIREDIS)\n"};

  const std::vector<Target> targets = TargetsIn(file);

  ASSERT_THAT(targets, SizeIs(1));
  EXPECT_EQ(targets[0].name, "crm_redis");
  EXPECT_EQ(targets[0].folder, "shared/redis");
  EXPECT_EQ(targets[0].line, 2);
  EXPECT_THAT(targets[0].sources,
              ElementsAre("shared/redis/pool.cc", "shared/redis/reply.cc"));
  EXPECT_THAT(targets[0].deps, ElementsAre("crm_base", "PkgConfig::HIREDIS"));
}

TEST(CheckTargets, AcceptsATargetOnLowerFloors) {
  EXPECT_EQ(ToText(CheckTargets(
                With({{"shared/call/CMakeLists.txt",
                       "crm_library(crm_call SOURCES call.cc\n"
                       "    DEPS crm_base crm_proto_headers absl::span)\n"},
                      {"shared/call/call.cc", ""}}))),
            "");
}

TEST(CheckTargets, RefusesALinkUpward) {
  const std::vector<Finding> findings =
      CheckTargets({{"shared/base/CMakeLists.txt",
                     "crm_library(crm_base SOURCES clock.cc DEPS crm_call)\n"},
                    {"shared/base/clock.cc", ""},
                    {"shared/call/CMakeLists.txt",
                     "crm_library(crm_call SOURCES call.cc)\n"},
                    {"shared/call/call.cc", ""}});

  EXPECT_EQ(ToText(findings),
            "shared/base/CMakeLists.txt:1: 'crm_base' must not link "
            "'crm_call': it is not of a lower floor.\n");
}

TEST(CheckTargets, RefusesAClientLibraryOfAnotherFolder) {
  const std::vector<Finding> findings =
      CheckTargets({{"shared/events/CMakeLists.txt",
                     "crm_library(crm_events SOURCES relay.cc\n"
                     "    PRIVATE_DEPS PkgConfig::HIREDIS)\n"},
                    {"shared/events/relay.cc", ""}});

  EXPECT_THAT(ToText(findings),
              HasSubstr("must not link 'PkgConfig::HIREDIS'"));
}

TEST(CheckTargets, RefusesWhatNoFolderDeclares) {
  const std::vector<Finding> findings = CheckTargets(
      {{"shared/call/CMakeLists.txt",
        "crm_library(crm_call SOURCES call.cc DEPS crm_nowhere)\n"},
       {"shared/call/call.cc", ""}});

  EXPECT_THAT(ToText(findings), HasSubstr("which no folder declares"));
}

TEST(CheckTargets, RefusesToGlob) {
  const std::vector<Finding> findings = CheckTargets(
      With({{"tests/base/CMakeLists.txt", "\nfile(GLOB sources *.cc)\n"}}));

  EXPECT_EQ(
      ToText(findings),
      "tests/base/CMakeLists.txt:2: globs; sources are listed by name.\n");
}

TEST(CheckTargets, RefusesLinksPastTheLists) {
  const std::vector<Finding> findings = CheckTargets(
      With({{"shared/call/CMakeLists.txt",
             "target_link_libraries(crm_base PUBLIC crm_resource)\n"}}));

  EXPECT_THAT(ToText(findings), HasSubstr("use crm_library or crm_binary"));
}

TEST(CheckTargets, RefusesTwoLibrariesInAFolder) {
  const std::vector<Finding> findings = CheckTargets(
      {{"shared/base/CMakeLists.txt",
        "crm_library(crm_base SOURCES a.cc)\ncrm_library(crm_extra SOURCES "
        "b.cc)\n"},
       {"shared/base/a.cc", ""},
       {"shared/base/b.cc", ""}});

  EXPECT_THAT(ToText(findings), HasSubstr("has a library already"));
}

TEST(CheckTargets, NamesSourcesThatNoTargetOrTwoTargetsList) {
  const std::vector<Finding> findings = CheckTargets(
      {{"services/operational/CMakeLists.txt",
        "crm_library(crm_operational_app SOURCES handlers/lead.cc)\n"
        "crm_binary(operational SOURCES handlers/lead.cc)\n"},
       {"services/operational/handlers/lead.cc", ""},
       {"services/operational/handlers/lost.cc", ""}});

  EXPECT_EQ(ToText(findings),
            "services/operational/handlers/lead.cc: is listed by more than one "
            "target.\n"
            "services/operational/handlers/lost.cc: is listed by no target.\n");
}

}  // namespace
}  // namespace crm::structure
