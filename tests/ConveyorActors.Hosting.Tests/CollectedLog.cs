using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ConveyorActors.Hosting.Tests;

/// <summary>Collects what the project's own code logs at warning level or above.</summary>
sealed class CollectedLog : ILoggerProvider
{
    readonly ConcurrentQueue<string> warnings = new();

    public IReadOnlyCollection<string> Warnings => warnings;

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose() { }

    sealed class Logger(CollectedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) =>
            logLevel >= LogLevel.Warning && category.StartsWith("ConveyorActors", StringComparison.Ordinal);

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
                log.warnings.Enqueue(formatter(state, exception));
        }
    }
}
