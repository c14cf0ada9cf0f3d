using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Node.Running;

/// <summary>
/// Executes the commands on standard input, one per line, and prints their replies. A line with a single dot ends each
/// reply.
/// </summary>
sealed class Inspection(InspectionCore core, TextReader input, TextWriter output)
{
    const string End = ".";

    /// <summary>Runs until the input ends; the node continues after that.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await input.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                if (string.IsNullOrWhiteSpace(line))
                    continue;
                var reply = await core.RunAsync(line, cancellationToken).ConfigureAwait(false);
                await output
                    .WriteAsync(
                        $"{(reply.IsError ? "error: " : "")}{reply.Text}\n{End}\n".AsMemory(),
                        cancellationToken
                    )
                    .ConfigureAwait(false);
                await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The node stops, or the replies no longer have a reader.
        }
    }
}
