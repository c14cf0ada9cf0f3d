using System.Collections.Concurrent;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http;

/// <summary>
/// Limits the number of pipelines that requests create. A pipeline exists, and takes memory, from its first use.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Concurrent requests for new pipelines may exceed the limit by a few.
/// </remarks>
sealed class PipelineGate(IBufferService service, int most)
{
    readonly ConcurrentDictionary<string, byte> known = new(StringComparer.Ordinal);

    /// <exception cref="HttpProblem">
    /// The pipeline does not exist, and the maximum number of pipelines is reached.
    /// </exception>
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
                $"pipeline is '{HttpProblem.Sanitize(pipeline)}', which does not exist, and there are already {there.Count} pipelines, the maximum; it must be one of those"
            );
        }
        if (known.Count < most)
            known.TryAdd(pipeline, 0);
    }

    /// <summary>Returns the named pipeline or, without a name, the only one.</summary>
    /// <exception cref="HttpProblem">No pipeline is named, and there is not exactly one.</exception>
    public async ValueTask<string> ChooseAsync(string? named, CancellationToken cancellationToken)
    {
        if (named is not null)
            return RouteNames.Validate(named, "pipeline");
        var there = await service.GetPipelinesAsync(cancellationToken).ConfigureAwait(false);
        if (there.Count == 1)
            return there[0];
        const int shown = 10;
        throw there.Count == 0
            ? HttpProblem.CreateNotFound("pipeline is not given, and there is no pipeline yet")
            : HttpProblem.CreateInvalid(
                $"pipeline is not given; it must be one of {string.Join(", ", there.Take(shown).Select(n => $"'{HttpProblem.Sanitize(n)}'"))}{(there.Count > shown ? $", and {there.Count - shown} more" : "")}"
            );
    }
}
