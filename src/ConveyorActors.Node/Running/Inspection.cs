using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Node.Running;

/// <summary>Runs the commands that come on standard input, one a line, and prints their replies. A line with a single dot ends each reply.</summary>
sealed class Inspection(InspectionCore core, TextReader input, TextWriter output)
{
    const string End = ".";

    /// <summary>Runs until the end of the input; the node continues.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (await input.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            {
                if (string.IsNullOrWhiteSpace(line)) continue;
                var reply = await core.RunAsync(line, cancellation).ConfigureAwait(false);
                await output.WriteAsync($"{(reply.IsError ? "error: " : "")}{reply.Text}\n{End}\n".AsMemory(), cancellation).ConfigureAwait(false);
                await output.FlushAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The node stops, or nobody reads the replies.
        }
    }
}
