// Graphs for tests, from their text form.

#ifndef CRM_TESTS_SHARED_GRAPH_GRAPH_OF_H_
#define CRM_TESTS_SHARED_GRAPH_GRAPH_OF_H_

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"
#include "crm/api/graph.pb.h"
#include "google/protobuf/text_format.h"

namespace crm::testing {

// Returns the graph that `text` describes; fails the test if it is none.
inline crm::api::Graph GraphOf(absl::string_view text) {
  crm::api::Graph graph;
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(std::string(text), &graph))
      << text;
  return graph;
}

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_GRAPH_GRAPH_OF_H_
