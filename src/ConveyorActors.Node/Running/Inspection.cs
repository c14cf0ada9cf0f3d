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
                await output
                    .WriteAsync(
                        $"{await RunAsync(line, cancellationToken).ConfigureAwait(false)}{End}\n".AsMemory(),
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

    /// <summary>Returns the lines of the reply to a command; a blank line has none.</summary>
    async ValueTask<string> RunAsync(string line, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(line))
            return "";
        var reply = await core.RunAsync(line, cancellationToken).ConfigureAwait(false);
        // An error in JSON is an object with the member "error". An audit that does not add up is a report.
        return $"{(reply is { IsError: true, IsReport: false, IsJson: false } ? "error: " : "")}{reply.Text}\n";
    }
}
