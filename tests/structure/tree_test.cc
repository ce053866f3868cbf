// The rules, held against the tree as it stands.

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
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

TEST(ReadTree, RefusesAFolderThatIsNotTheRoot) {
  EXPECT_FALSE(ReadTree(testing::TempDir()).ok());
}

}  // namespace
}  // namespace crm::structure
