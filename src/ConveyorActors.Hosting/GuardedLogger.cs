using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConveyorActors.Hosting;

/// <summary>
/// Passes log entries on, and ignores failures to write them: the outcome of records, and the life of a consumer or of
/// the host, must not depend on a log.
/// </summary>
/// <remarks>
/// An <see cref="ILoggerProvider"/> may throw, for example because its disk is full;
/// <see cref="ILogger.Log{TState}"/> then throws an <see cref="AggregateException"/>.
/// </remarks>
sealed class GuardedLogger : ILogger
{
    readonly ILogger logger;

    GuardedLogger(ILogger logger) => this.logger = logger;

    /// <summary>Returns a logger that never throws; null: it writes nothing.</summary>
    public static ILogger Create(ILogger? logger) => logger is null ? NullLogger.Instance : new GuardedLogger(logger);

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        try
        {
            return logger.BeginScope(state);
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        try
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // There is nowhere else to report it; the provider that failed is named by its own means, if any.
        }
    }
}
