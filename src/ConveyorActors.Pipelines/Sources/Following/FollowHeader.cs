using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// The header of a followed source: the first line of its first file. The files after it begin with the same line.
/// </summary>
/// <remarks>One thread.</remarks>
sealed class FollowHeader(RunContext run, FollowScope scope, SourceDefinition source)
{
    HeaderLines? header;

    /// <summary>Takes the header from the beginning of a file that an earlier run has read a part of.</summary>
    public async ValueTask ReadAsync(FollowedFile file, CancellationToken cancellationToken)
    {
        if (scope.Headers is null || file.Offset == 0)
            return;
        using var beginning = new LineReader(new FileReading(file.Handle, 0), run.Definition.MaxLine, run.LineEnd);
        do
        {
            if (!beginning.TryRead(out var line))
                continue;
            if (!line.IsTooLong)
                await SetAsync(new([line.Bytes.ToArray()])).ConfigureAwait(false);
            return;
        } while (await beginning.FillAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Takes the first line of a file; the run fails if it is another one than that of the first file.
    /// </summary>
    public async ValueTask SetAsync(HeaderLines its)
    {
        if (header is null)
            await scope.Headers!.Of(source.Name).SetAsync(header = its).ConfigureAwait(false);
        else if (!header.IsSame(its))
            run.Control.Fail(
                $"the file that is '{source.Path}' now begins with {its.Text}, and those before it with {header.Text}: a followed source has one header"
            );
    }
}
