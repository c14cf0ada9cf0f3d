using System.Collections.Immutable;
using System.Text.Json;

namespace ConveyorActors.Cli.Top;

/// <summary>The known state of a server. Immutable: each event creates a new state.</summary>
/// <param name="Server">The URL of the server.</param>
/// <param name="Pipelines">The last numbers of each pipeline, by name.</param>
/// <param name="Error">The reason why the numbers are out of date; null: they are current.</param>
sealed record TopState(Uri Server, ImmutableSortedDictionary<string, TopPipeline> Pipelines, string? Error)
{
    public static TopState Create(Uri server) =>
        new(server, ImmutableSortedDictionary.Create<string, TopPipeline>(StringComparer.Ordinal), "connecting");

    /// <summary>Returns the state after an event of the stream.</summary>
    public TopState Apply(string kind, JsonElement data)
    {
        switch (kind)
        {
            case "state":
                var there = data.GetProperty("pipelines")
                    .EnumerateArray()
                    .Select(p => p.GetProperty("pipeline").GetString()!)
                    .ToHashSet(StringComparer.Ordinal);
                return this with
                {
                    Pipelines = Pipelines.RemoveRange(Pipelines.Keys.Where(name => !there.Contains(name))),
                    Error = null,
                };
            case "rates":
                var read = TopPipeline.Read(data);
                return this with { Pipelines = Pipelines.SetItem(read.Total.Name, read), Error = null };
            case "signal":
                return Pipelines.TryGetValue(data.GetProperty("pipeline").GetString()!, out var pipeline)
                    ? this with
                    {
                        Pipelines = Pipelines.SetItem(
                            pipeline.Total.Name,
                            pipeline.With(data.GetProperty("source").GetString()!, TopSource.ReadSignal(data))
                        ),
                    }
                    : this;
            case "unavailable":
                return this with { Error = $"the buffers do not reply: {data.GetProperty("reason").GetString()}" };
            default:
                return this;
        }
    }
}
