// Runs a fuzz target without a fuzzer: over every file of its corpus, and over
// a fixed number of mutations of them.
//
//   fuzz_filter CORPUS_FOLDER [MUTATIONS]
//
// A build with clang (preset `fuzz`) links libFuzzer in place of this.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

constexpr int kDefaultMutations = 2000;
constexpr size_t kLongestInput = 16 << 10;

std::vector<std::string> ReadCorpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file),
                        std::istreambuf_iterator<char>());
  }
  return inputs;
}

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()),
                         input.size());
}

// Returns `input` with one random change.
std::string Mutate(std::string input, const std::vector<std::string>& corpus,
                   std::mt19937& random) {
  const auto below = [&random](size_t bound) {
    return static_cast<size_t>(random()) % bound;
  };
  switch (below(5)) {
    case 0:
      if (!input.empty()) {
        input[below(input.size())] ^= static_cast<char>(1 << below(8));
      }
      break;
    case 1:
      input.insert(below(input.size() + 1), 1, static_cast<char>(below(256)));
      break;
    case 2:
      if (!input.empty()) input.erase(below(input.size()), 1 + below(8));
      break;
    case 3:
      input.resize(below(input.size() + 1));
      break;
    default: {
      // The head of one input and the tail of another.
      const std::string& other = corpus[below(corpus.size())];
      input.resize(below(input.size() + 1));
      input += other.substr(below(other.size() + 1));
      break;
    }
  }
  if (input.size() > kLongestInput) input.resize(kLongestInput);
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  int mutations = kDefaultMutations;
  if (argc < 2 || (argc > 2 && !absl::SimpleAtoi(argv[2], &mutations))) {
    std::cerr << "Usage: " << argv[0] << " CORPUS_FOLDER [MUTATIONS]\n";
    return EXIT_FAILURE;
  }
  const std::vector<std::string> corpus = ReadCorpus(argv[1]);
  if (corpus.empty()) {
    std::cerr << argv[1] << " holds no inputs.\n";
    return EXIT_FAILURE;
  }
  for (const std::string& input : corpus) Run(input);
  std::mt19937 random(20261127);
  for (int i = 0; i < mutations; ++i) {
    std::string input = corpus[random() % corpus.size()];
    for (uint32_t changes = 1 + random() % 4; changes > 0; --changes) {
      input = Mutate(std::move(input), corpus, random);
    }
    Run(input);
  }
  std::cout << corpus.size() << " inputs and " << mutations << " mutations.\n";
  return EXIT_SUCCESS;
}
