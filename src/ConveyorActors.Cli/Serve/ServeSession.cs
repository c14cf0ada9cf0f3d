using System.Net.Sockets;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Cli.Data;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Http.Server;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Serve;

/// <summary>Runs a server from start to end.</summary>
sealed class ServeSession(Terminal terminal, TimeProvider clock)
{
    /// <summary>The reason why a server that has just started is not ready.</summary>
    public const string Loading = "the records of the data directory are being loaded";

    /// <summary>The time that requests in progress may take once everything is drained.</summary>
    static readonly TimeSpan LastRequests = TimeSpan.FromSeconds(2);

    public async Task<int> RunAsync(ServeSettings settings)
    {
        // Before anything is created, so that a signal never ends the program while it creates files.
        using var signals = new StopSignals(
            clock,
            () =>
                terminal.WriteMessage(
                    $"stopping: consumers have {DurationText.Format(settings.StopDeadline)} to finish; press again to exit at once"
                ),
            () => ExitAtOnce(settings.Data)
        );
        DataDirectory? directory = null;
        try
        {
            directory = OpenDirectory(settings);
        }
        catch (StorageException unusable)
        {
            terminal.WriteMessage(ExceptionSentence.Format(unusable));
            return ExitCodes.Failed;
        }
        var findings = directory is null ? null : new FindingsReport(terminal, directory, settings.Data!);
        findings?.ShowNew();
        var buffers = new EmbeddedBufferService(clock, directory) { Defaults = settings.Buffers };
        await using (buffers)
        {
            try
            {
                return await ServeAsync(settings, buffers, directory, signals.Token).ConfigureAwait(false);
            }
            finally
            {
                findings?.ShowNew();
                if (directory?.Failure is { } why)
                    terminal.WriteMessage($"data directory {Printable.Quote(settings.Data!)} cannot be written: {why}");
            }
        }
    }

    /// <summary>Opens the data directory; null: the server has none.</summary>
    internal static DataDirectory? OpenDirectory(ServeSettings settings) =>
        settings.Data is null
            ? null
            : DataDirectory.Open(
                settings.Data,
                settings.MaxInMemory is { } most ? new() { MaxInMemoryBytes = most } : null
            );

    async Task<int> ServeAsync(
        ServeSettings settings,
        EmbeddedBufferService buffers,
        DataDirectory? directory,
        CancellationToken stop
    )
    {
        if (
            settings.Server.Certificate is { } certificate
            && ServerCertificate.Validate(certificate, clock.GetUtcNow()) is { } why
        )
            terminal.WriteMessage($"warning: the certificate of --tls-certificate {why}; clients will refuse it");
        ConveyorServer server;
        try
        {
            server = await ConveyorServer.StartAsync(buffers, settings.Server).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            terminal.WriteMessage(
                $"--listen is '{settings.Server.Listen}', on which the server cannot listen: {ExceptionSentence.Format(e)}; it must be an address of this machine and a free port"
            );
            return ExitCodes.Failed;
        }
        await using (server.ConfigureAwait(false))
        {
            terminal.Report($"listening on {server.Address.GetLeftPart(UriPartial.Authority)}");
            await LoadAsync(buffers, directory?.Pipelines ?? [], server.Readiness).ConfigureAwait(false);
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            server.Readiness.Reason = "the server is stopping";
            var reports = await DrainAsync(buffers, settings.StopDeadline).ConfigureAwait(false);
            using var last = new CancellationTokenSource(LastRequests, clock);
            await server.StopAsync(last.Token).ConfigureAwait(false);
            return Report(reports, directory);
        }
    }

    /// <summary>Loads the records stored earlier. The server is not ready until this is done.</summary>
    internal static async Task LoadAsync(
        EmbeddedBufferService buffers,
        IReadOnlyList<string> pipelines,
        Readiness readiness
    )
    {
        readiness.Reason = Loading;
        await Task.Run(() =>
            {
                foreach (var pipeline in pipelines)
                    buffers.GetManager(pipeline);
            })
            .ConfigureAwait(false);
        readiness.Reason = null;
    }

    /// <summary>
    /// Refuses offers and lets consumers finish. If records are kept on disk, only leased records are waited for.
    /// </summary>
    internal static async Task<IReadOnlyList<(string Pipeline, StopReport Report)>> DrainAsync(
        EmbeddedBufferService buffers,
        TimeSpan deadline
    )
    {
        buffers.RefuseNewPipelines();
        var names = await buffers.GetPipelinesAsync().ConfigureAwait(false);
        return await Task.WhenAll(
                names.Select(async name =>
                {
                    var snapshot = await buffers.GetSnapshotAsync(name).ConfigureAwait(false);
                    var isIdle = buffers.IsDurable && snapshot.Total.InFlight == 0;
                    return (
                        name,
                        await buffers.StopAsync(name, isIdle ? TimeSpan.Zero : deadline).ConfigureAwait(false)
                    );
                })
            )
            .ConfigureAwait(false);
    }

    int Report(IReadOnlyList<(string Pipeline, StopReport Report)> reports, DataDirectory? directory)
    {
        foreach (var (pipeline, report) in reports)
            terminal.WriteMessage($"pipeline {Printable.Quote(pipeline)}: {report}");
        terminal.WriteMessage("stopped");
        return directory?.Failure is not null ? ExitCodes.Failed
            : reports.Any(r => r.Report is { IsDurable: false, Remaining: > 0 }) ? ExitCodes.SomeLost
            : ExitCodes.Done;
    }

    void ExitAtOnce(string? data)
    {
        terminal.WriteMessage(
            data is null
                ? "exited at once; the pending records are lost"
                : $"exited at once; the pending records that were acknowledged as persisted are in {Printable.Quote(data)}"
        );
        Environment.Exit(ExitCodes.Interrupted);
    }
}
