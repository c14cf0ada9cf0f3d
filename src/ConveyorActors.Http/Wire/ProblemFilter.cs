using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConveyorActors.Http.Wire;

/// <summary>Turns every exception of an endpoint into problem details without a stack trace.</summary>
sealed partial class ProblemFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var http = context.HttpContext;
        try
        {
            return await next(context).ConfigureAwait(false);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            return Results.Empty; // the client has disconnected, so no response is read
        }
        catch (Exception) when (http.Response.HasStarted)
        {
            http.Abort(); // the client must not take a partial response for a complete one
            return Results.Empty;
        }
        catch (Exception e)
        {
            return CreateProblem(e, http);
        }
    }

    /// <summary>Returns the problem that an exception is reported as. One that is not foreseen is logged.</summary>
    public static HttpProblem CreateProblem(Exception exception, HttpContext http) =>
        exception switch
        {
            HttpProblem known => known,
            BadHttpRequestException bad => CreateBadRequestProblem(bad, http),
            WireLimitException large => new(
                StatusCodes.Status413PayloadTooLarge,
                "record-too-large",
                ExceptionLine.Format(large)
            ),
            ArgumentException wrong => HttpProblem.CreateInvalid(ExceptionLine.Format(wrong)),
            OfferForgottenException forgotten => new(
                StatusCodes.Status409Conflict,
                "offer-forgotten",
                ExceptionLine.Format(forgotten)
            ),
            StoreException store => new(
                StatusCodes.Status507InsufficientStorage,
                "store-failing",
                ExceptionLine.Format(store)
            )
            {
                RetryAfter = 5,
            },
            NotSupportedException unknown => new(
                StatusCodes.Status501NotImplemented,
                "not-supported",
                ExceptionLine.Format(unknown)
            ),
            ObjectDisposedException => new(
                StatusCodes.Status503ServiceUnavailable,
                "stopping",
                "the server is stopping"
            )
            {
                RetryAfter = 1,
            },
            NoReplyException or BufferUnavailableException { MayHaveTakenEffect: true } => new(
                StatusCodes.Status504GatewayTimeout,
                "outcome-unknown",
                ExceptionLine.Format(exception)
            ),
            TimeoutException or BufferUnavailableException => new(
                StatusCodes.Status503ServiceUnavailable,
                "unavailable",
                ExceptionLine.Format(exception)
            )
            {
                RetryAfter = 1,
            },
            ConnectionAbortedException or ConnectionResetException => HttpProblem.CreateInvalid(
                "the connection ended before the request did"
            ),
            _ => CreateUnforeseenProblem(exception, http),
        };

    static HttpProblem CreateBadRequestProblem(BadHttpRequestException bad, HttpContext http) =>
        bad.StatusCode switch
        {
            StatusCodes.Status413PayloadTooLarge => new(
                StatusCodes.Status413PayloadTooLarge,
                "body-too-large",
                "the body is larger than this server accepts"
            ),
            StatusCodes.Status408RequestTimeout => new(
                StatusCodes.Status408RequestTimeout,
                "body-too-slow",
                BrokenBody.DescribeSlowness(http)
            ),
            _ => new(bad.StatusCode, "invalid-request", BrokenBody.Reason),
        };

    static HttpProblem CreateUnforeseenProblem(Exception exception, HttpContext http)
    {
        if (http.RequestServices.GetService<ILoggerFactory>() is { } loggers)
            LogUnforeseen(
                loggers.CreateLogger("ConveyorActors.Http"),
                http.Request.Method,
                http.Request.Path,
                exception
            );
        return new(
            StatusCodes.Status500InternalServerError,
            "unforeseen",
            "an internal error occurred; see the server's log"
        );
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{method} {path} failed")]
    static partial void LogUnforeseen(ILogger logger, string method, string path, Exception exception);
}
