#include "services/operational/domain/pipeline_graph.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/operational/domain/graph_properties.h"
#include "services/operational/domain/pipeline.h"
#include "shared/reflect/resource_name.h"

namespace crm::operational {
namespace {

using ::crm::api::Graph;
using ::crm::api::GraphEdge;
using ::crm::api::GraphNode;

constexpr absl::string_view kPipelineNode = "PIPELINE";
constexpr absl::string_view kStageNode = "STAGE";
// The property that says which stage comes first.
constexpr absl::string_view kPosition = "position";
constexpr absl::string_view kPipelineFields[] = {
    "state", "revision", "allows_skipping", "allows_going_back"};
constexpr absl::string_view kStageFields[] = {
    "outcome", "probability_millionths", "required_fields", "needs_approval"};

std::string StageNode(const std::string& pipeline, absl::string_view stage) {
  return absl::StrCat(pipeline, "/stages/", stage);
}

GraphNode& AddNode(const std::string& id, absl::string_view kind,
                   const std::string& display_name, Graph& graph) {
  GraphNode& node = *graph.add_nodes();
  node.set_node_id(id);
  node.set_kind(std::string(kind));
  node.set_display_name(display_name);
  return node;
}

void AddEdge(const std::string& from, const std::string& to,
             absl::string_view kind, absl::string_view label, Graph& graph) {
  GraphEdge& edge = *graph.add_edges();
  edge.set_from_node(from);
  edge.set_to_node(to);
  edge.set_kind(std::string(kind));
  edge.set_label(std::string(label));
}

void DrawMoves(const v1::Pipeline& pipeline, Graph& graph) {
  const auto id = [&](const v1::PipelineStage* stage) {
    return StageNode(pipeline.name(), stage->stage_id());
  };
  const auto* first = FirstStage(pipeline, v1::PipelineStage::OPEN);
  const auto* won = FirstStage(pipeline, v1::PipelineStage::WON);
  const auto* lost = FirstStage(pipeline, v1::PipelineStage::LOST);
  if (first != nullptr) {
    AddEdge(pipeline.name(), id(first), "BEGIN", "begin", graph);
  }
  std::set<std::string, std::less<>> passed;
  for (const v1::PipelineStage& stage : pipeline.stages()) {
    if (stage.outcome() != v1::PipelineStage::OPEN) break;
    for (const std::string& next : NextStages(pipeline, stage.stage_id())) {
      AddEdge(id(&stage), StageNode(pipeline.name(), next),
              passed.count(next) > 0 ? "BACK" : "FORWARD", "moveStage", graph);
    }
    if (won != nullptr) AddEdge(id(&stage), id(won), "WIN", "win", graph);
    if (lost != nullptr) AddEdge(id(&stage), id(lost), "LOSE", "lose", graph);
    passed.insert(stage.stage_id());
  }
}

// A pipeline as a graph has it.
struct Shown {
  // Where its node is.
  std::string at;
  v1::Pipeline pipeline;
  std::map<int, v1::PipelineStage> stages;
};

class GraphReader {
 public:
  GraphReader(const Graph& graph, absl::string_view at,
              std::vector<FieldViolation>& violations)
      : graph_(graph), at_(at), violations_(violations) {}

  // Reads the nodes into pipelines, whose stages are in their order.
  std::map<std::string, Shown> Read() {
    for (int i = 0; i < graph_.nodes_size(); ++i) {
      if (graph_.nodes(i).kind() == kPipelineNode) ReadPipeline(i);
    }
    for (int i = 0; i < graph_.nodes_size(); ++i) {
      const std::string& kind = graph_.nodes(i).kind();
      if (kind == kPipelineNode) continue;
      if (kind == kStageNode) {
        ReadStage(i);
      } else {
        Report(absl::StrCat(At(i), ".kind"), "must be PIPELINE or STAGE.");
      }
    }
    for (auto& [name, shown] : shown_) {
      for (const auto& [position, stage] : shown.stages) {
        *shown.pipeline.add_stages() = stage;
      }
    }
    return std::move(shown_);
  }

 private:
  std::string At(int node) const {
    return absl::StrCat(at_, ".nodes[", node, "]");
  }

  void Report(std::string field, std::string description) {
    violations_.push_back({std::move(field), std::move(description)});
  }

  void ReadPipeline(int index) {
    const GraphNode& node = graph_.nodes(index);
    const auto pattern = NamePattern::Parse("pipelines/{pipeline}");
    if (!pattern.ok() || !pattern->Matches(node.node_id())) {
      Report(absl::StrCat(At(index), ".node_id"),
             "must be the name of a pipeline.");
      return;
    }
    Shown& shown = shown_[node.node_id()];
    shown.at = At(index);
    shown.pipeline.set_name(node.node_id());
    shown.pipeline.set_display_name(node.display_name());
    ReadProperties(node, shown.at, kPipelineFields, shown.pipeline,
                   violations_);
  }

  void ReadStage(int index) {
    const GraphNode& node = graph_.nodes(index);
    const auto shown = shown_.find(std::string(ParentOf(node.node_id())));
    const std::string stage_id(IdOf(node.node_id()));
    if (shown == shown_.end() ||
        node.node_id() != StageNode(shown->first, stage_id)) {
      Report(absl::StrCat(At(index), ".node_id"),
             "must be the name of a pipeline that is a node, then '/stages/' "
             "and the id of the stage.");
      return;
    }
    int position = 0;
    const auto& properties = node.properties();
    const auto found = std::find_if(
        properties.begin(), properties.end(),
        [](const auto& property) { return property.path() == kPosition; });
    if (found == properties.end() ||
        !absl::SimpleAtoi(found->value(), &position) || position < 1) {
      Report(absl::StrCat(At(index), ".properties"),
             "must have a 'position', which counts from 1.");
      return;
    }
    v1::PipelineStage stage;
    stage.set_stage_id(stage_id);
    stage.set_display_name(node.display_name());
    ReadProperties(node, At(index), kStageFields, stage, violations_,
                   kPosition);
    if (!shown->second.stages.emplace(position, std::move(stage)).second) {
      Report(absl::StrCat(At(index), ".properties"),
             "must have a 'position' that no other stage of the pipeline has.");
    }
  }

  const Graph& graph_;
  const std::string at_;
  std::vector<FieldViolation>& violations_;
  std::map<std::string, Shown> shown_;
};

using Move = std::tuple<std::string, std::string, std::string, std::string>;

Move MoveOf(const GraphEdge& edge) {
  return {edge.from_node(), edge.to_node(), edge.label(), edge.kind()};
}

}  // namespace

Graph DrawPipelines(const std::vector<v1::Pipeline>& pipelines) {
  Graph graph;
  graph.set_title("Pipelines");
  for (const v1::Pipeline& pipeline : pipelines) {
    GraphNode& node =
        AddNode(pipeline.name(), kPipelineNode, pipeline.display_name(), graph);
    WriteProperties(pipeline, kPipelineFields, node);
    for (int i = 0; i < pipeline.stages_size(); ++i) {
      const v1::PipelineStage& stage = pipeline.stages(i);
      GraphNode& drawn = AddNode(StageNode(pipeline.name(), stage.stage_id()),
                                 kStageNode, stage.display_name(), graph);
      auto& position = *drawn.add_properties();
      position.set_path(std::string(kPosition));
      position.set_value(absl::StrCat(i + 1));
      WriteProperties(stage, kStageFields, drawn);
    }
    DrawMoves(pipeline, graph);
  }
  return graph;
}

std::vector<FieldViolation> CheckPipelineGraph(const Graph& graph,
                                               absl::string_view at,
                                               const RuleContext& context) {
  std::vector<FieldViolation> violations;
  std::vector<v1::Pipeline> pipelines;
  std::map<std::string, Shown> all = GraphReader(graph, at, violations).Read();
  for (auto& [name, shown] : all) {
    const absl::Status rules =
        PreparePipeline(nullptr, shown.pipeline, context);
    CheckShown(shown.pipeline, shown.at, rules, violations);
    pipelines.push_back(std::move(shown.pipeline));
  }
  // What the stages allow is known once they are whole.
  if (!violations.empty()) return violations;
  std::set<Move> allowed;
  const Graph drawn = DrawPipelines(pipelines);
  for (const GraphEdge& edge : drawn.edges()) {
    allowed.insert(MoveOf(edge));
  }
  for (int i = 0; i < graph.edges_size(); ++i) {
    if (allowed.count(MoveOf(graph.edges(i))) > 0) continue;
    violations.push_back({absl::StrCat(at, ".edges[", i, "]"),
                          "must be a move that the stages of the graph and "
                          "their pipeline allow."});
  }
  return violations;
}

}  // namespace crm::operational
