using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// The header of a followed source: the first line of its first file. All later files must begin with the same line.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class FollowHeader(RunContext run, FollowScope scope, SourceDefinition source)
{
    HeaderLines? header;

    /// <summary>Reads the header from the beginning of a file that an earlier run has read in part.</summary>
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

    /// <summary>Sets the first line of a file. The run fails if the line differs from that of the first file.</summary>
    public async ValueTask SetAsync(HeaderLines its)
    {
        if (header is null)
            await scope.Headers!.GetHeaders(source.Name).SetAsync(header = its).ConfigureAwait(false);
        else if (!header.IsSame(its))
            run.Control.Fail(
                $"the file that is now '{source.Path}' begins with {its.Text}, and earlier files with {header.Text}: a followed source can have only one header"
            );
    }
}
