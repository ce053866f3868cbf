// Writes tests/rows.txt anew: write_rows ROOT.

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/structure/source_tree.h"
#include "tests/structure/test_rows.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "Usage: write_rows ROOT\n";
    return 2;
  }
  const std::string root = argv[1];
  const auto files = crm::structure::ReadTree(root);
  if (!files.ok()) {
    std::cerr << files.status().message() << "\n";
    return 1;
  }
  std::ofstream rows(root + "/tests/rows.txt", std::ios::binary);
  rows << crm::structure::RowsText(*files);
  rows.close();
  return rows ? 0 : 1;
}
