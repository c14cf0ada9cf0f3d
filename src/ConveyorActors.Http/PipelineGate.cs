using System.Collections.Concurrent;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http;

/// <summary>
/// Bounds the pipelines that requests create: a pipeline exists from its first use and takes memory from then on.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Requests for several new pipelines at the same time may create a few more.
/// </remarks>
sealed class PipelineGate(IBufferService service, int most)
{
    readonly ConcurrentDictionary<string, byte> known = new(StringComparer.Ordinal);

    /// <exception cref="HttpProblem">The pipeline does not exist, and there are as many as there may be.</exception>
    public async ValueTask EnterAsync(string pipeline, CancellationToken cancellationToken)
    {
        if (known.ContainsKey(pipeline))
            return;
        var there = await service.GetPipelinesAsync(cancellationToken).ConfigureAwait(false);
        if (there.Count >= most && !there.Contains(pipeline, StringComparer.Ordinal))
        {
            throw new HttpProblem(
                StatusCodes.Status409Conflict,
                "too-many-pipelines",
                $"pipeline is '{HttpProblem.Shown(pipeline)}', and there are {there.Count} pipelines already; it must be one of those"
            );
        }
        if (known.Count < most)
            known.TryAdd(pipeline, 0);
    }

    /// <summary>Returns the pipeline that is meant: the one that is named, or else the only one.</summary>
    /// <exception cref="HttpProblem">None is named, and there is not exactly one.</exception>
    public async ValueTask<string> ChooseAsync(string? named, CancellationToken cancellationToken)
    {
        if (named is not null)
            return RouteNames.Validate(named, "pipeline");
        var there = await service.GetPipelinesAsync(cancellationToken).ConfigureAwait(false);
        if (there.Count == 1)
            return there[0];
        const int shown = 10;
        throw there.Count == 0
            ? HttpProblem.NotFound("pipeline is not given, and there is no pipeline yet")
            : HttpProblem.Wrong(
                $"pipeline is not given; it must be one of {string.Join(", ", there.Take(shown).Select(HttpProblem.Shown))}{(there.Count > shown ? $", and {there.Count - shown} more" : "")}"
            );
    }
}
