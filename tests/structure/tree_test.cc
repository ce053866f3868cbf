// The rules, held against the tree as it stands.

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/structure/file_rules.h"
#include "tests/structure/source_tree.h"
#include "tests/structure/target_rules.h"
#include "tests/structure/test_rows.h"

namespace crm::structure {
namespace {

// A checker that has read nothing would find nothing wrong.
constexpr size_t kFewestFiles = 300;

class Tree : public testing::Test {
 protected:
  void SetUp() override {
    auto files = ReadTree(CRM_SOURCE_DIR);
    ASSERT_TRUE(files.ok()) << files.status();
    ASSERT_GT(files->size(), kFewestFiles);
    files_ = *std::move(files);
  }

  std::string Findings(
      const std::function<std::vector<Finding>(const SourceFile&)>& check) {
    std::string text;
    for (const SourceFile& file : files_) text += ToText(check(file));
    return text;
  }

  std::vector<SourceFile> files_;
};

TEST_F(Tree, IncludesPointOnlyToLowerFloors) {
  EXPECT_EQ(Findings(CheckIncludes), "");
}

TEST_F(Tree, TargetsLinkWhatTheirFoldersMayInclude) {
  EXPECT_EQ(ToText(CheckTargets(files_)), "");
}

TEST_F(Tree, HeadersAreGuardedByTheirPaths) {
  EXPECT_EQ(Findings(CheckGuard), "");
}

TEST_F(Tree, FilesAreOfReadableSize) { EXPECT_EQ(Findings(CheckSize), ""); }

TEST_F(Tree, HoldsNoGeneratedCode) { EXPECT_EQ(Findings(CheckWritten), ""); }

TEST_F(Tree, OnlyTheDynamicServiceKnowsTheInsidesOfGrpc) {
  const std::string inside =
      "grpc::"
      "internal";
  for (const SourceFile& file : files_) {
    if (!absl::StrContains(file.text, inside)) continue;
    EXPECT_TRUE(absl::StartsWith(file.path, "shared/rpc/dynamic_service."))
        << file.path;
  }
}

TEST_F(Tree, RowsAreThoseOfTheTests) {
  std::ifstream file(CRM_SOURCE_DIR "/tests/rows.txt", std::ios::binary);
  const std::string rows(std::istreambuf_iterator<char>(file), {});

  EXPECT_EQ(rows, RowsText(files_))
      << "Run 'ninja rows' in the build folder and commit tests/rows.txt.";
}

// The faults of the list that stores, events, admission, access and operations
// must survive.
TEST_F(Tree, EveryFaultOfTheKernelIsShownToBeSurvived) {
  const std::string rows = RowsText(files_);
  for (const char* fault :
       {"F01", "F03", "F04", "F06", "F07", "F08", "F16", "F17", "F19", "F20",
        "F22", "F26", "F27", "F28", "F29", "F31", "F32", "F34", "F35", "F40",
        "F41", "F42", "F46", "F47", "F48", "F49", "F51", "F54", "F57", "F58"}) {
    EXPECT_TRUE(absl::StrContains(rows, absl::StrCat("\n", fault, " ")))
        << "No test has " << fault << " in its name.";
  }
}

TEST(ReadTree, RefusesAFolderThatIsNotTheRoot) {
  EXPECT_FALSE(ReadTree(testing::TempDir()).ok());
}

}  // namespace
}  // namespace crm::structure
