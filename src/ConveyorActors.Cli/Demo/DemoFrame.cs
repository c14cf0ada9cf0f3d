using ConveyorActors.Buffers.Service;
using ConveyorActors.Cli.Progress;

namespace ConveyorActors.Cli.Demo;

/// <summary>The state of the demo at one moment.</summary>
sealed record DemoFrame(TimeSpan Elapsed, PipelineSnapshot Snapshot, IReadOnlyList<string> Story)
{
    public static DemoFrame From(PipelineSnapshot snapshot, DemoStory story) =>
        new(story.Elapsed, snapshot, story.GetSentences());

    public IReadOnlyList<SourceRow> CreateSourceRows() =>
        [
            .. Snapshot.Sources.Select(s => new SourceRow(
                s.Source,
                s.Signal,
                s.AvailableCredits,
                s.Level.Accepted,
                AtEnd: false
            )),
        ];
}
