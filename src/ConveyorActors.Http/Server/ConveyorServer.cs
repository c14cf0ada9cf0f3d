using System.Net;
using System.Security.Authentication;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ConveyorActors.Http.Server;

/// <summary>
/// An HTTP server over a buffer service with the dashboard, the API, health checks, metrics and the OpenAPI document.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
public sealed class ConveyorServer : IAsyncDisposable
{
    /// <summary>The path that reports whether the server is running.</summary>
    public const string HealthPath = "/healthz";

    /// <summary>The path that reports whether the server is ready for requests.</summary>
    public const string ReadyPath = "/readyz";

    const string ReadyTag = "ready";

    /// <summary>
    /// Turns off watching of configuration files: settings are read once, and a user has only a few file watches.
    /// </summary>
    const string DoNotWatch = "--hostBuilder:reloadConfigOnChange=false";

    readonly WebApplication application;

    ConveyorServer(WebApplication application, Readiness readiness) =>
        (this.application, Readiness) = (application, readiness);

    /// <summary>Gets the readiness of the server, as reported at <see cref="ReadyPath"/>.</summary>
    public Readiness Readiness { get; }

    /// <summary>Gets the address where the server listens, such as <c>http://127.0.0.1:7070</c>.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1/");

    /// <summary>Starts a server.</summary>
    /// <param name="service">The buffer service. The caller disposes it after the server.</param>
    /// <param name="options">Where the server listens and what it requires of clients; null: the defaults.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="ArgumentException">
    /// The options are not safe to listen with; the message has the reason.
    /// </exception>
    /// <exception cref="IOException">The server cannot listen on the address.</exception>
    public static async Task<ConveyorServer> StartAsync(
        IBufferService service,
        ConveyorServerOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(service);
        options ??= new();
        if (options.Refusal is { } refused)
            throw new ArgumentException(refused, nameof(options));
        var application = Build(service, options);
        try
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
            var address = application
                .Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!
                .Addresses.First();
            return new(application, options.Readiness) { Address = new(address) };
        }
        catch
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    static void AddLog(WebApplicationBuilder builder)
    {
        builder
            .Logging.ClearProviders()
            .SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            // The reply of the health check contains the reason; without this filter each check would also add a line
            // to the log.
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            // What an endpoint throws is logged by the exception handler. Of the web server's errors, that leaves the one
            // that the rest of a body cannot be read, with a stack trace, when a client resets its connection.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", level => level is LogLevel.Warning or LogLevel.Critical)
            .AddSimpleConsole(o => o.SingleLine = true);
        // Standard output belongs to the program.
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o =>
            o.LogToStandardErrorThreshold = LogLevel.Trace
        );
    }

    static WebApplication Build(IBufferService service, ConveyorServerOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ApplicationName = "conveyor", Args = [DoNotWatch] }
        );
        AddLog(builder);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddHealthChecks().AddCheck("buffers", options.Readiness, tags: [ReadyTag]);
        builder.WebHost.UseUrls().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options));
        Telemetry.AddTo(builder);
        ApiDocument.AddTo(builder, options);

        var application = builder.Build();
        var guard = new RequestGuard(options);
        application.UseExceptionHandler(handler =>
            handler.Run(context =>
                new HttpProblem(
                    StatusCodes.Status500InternalServerError,
                    "unforeseen",
                    "an internal error occurred; see the server's log"
                ).ExecuteAsync(context)
            )
        );
        application.UseStatusCodePages(status => DescribeRefusal(status.HttpContext).ExecuteAsync(status.HttpContext));
        application.Use(next => context => guard.InvokeAsync(context, next));
        application.UseOutputCache();
        application.MapConveyor(service, options.Api);
        application.MapConveyorDashboard();
        // Without these, health checks and metrics would reply to every method.
        var reading = new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]);
        application
            .MapHealthChecks(HealthPath, new HealthCheckOptions { Predicate = static _ => false })
            .WithMetadata(reading);
        application
            .MapHealthChecks(
                ReadyPath,
                new HealthCheckOptions
                {
                    Predicate = static c => c.Tags.Contains(ReadyTag),
                    ResponseWriter = WriteHealthAsync,
                }
            )
            .WithMetadata(reading);
        Telemetry.Map(application).WithMetadata(reading);
        ApiDocument.Map(application);
        ApiPage.Map(application);
        return application;
    }

    static void Configure(KestrelServerOptions kestrel, ConveyorServerOptions options)
    {
        kestrel.Configure(); // an empty configuration: a file with a "Kestrel" section must not add addresses
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxRequestBodySize = options.Api.MaxBodyBytes;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        kestrel.Limits.MinResponseDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        kestrel.Listen(
            options.Listen,
            listen =>
            {
                if (options.Certificate is not { } certificate)
                    return;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = certificate;
                    https.ServerCertificateChain = options.Chain;
                    https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                });
            }
        );
    }

    /// <summary>Returns the problem details for a refusal by the framework, which has no body.</summary>
    static HttpProblem DescribeRefusal(HttpContext context)
    {
        // The path of "OPTIONS *" is empty.
        var path = context.Request.Path.HasValue ? HttpProblem.Sanitize(context.Request.Path.Value) : "*";
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => HttpProblem.CreateNotFound(
                $"there is no resource '{path}'; {ApiDocument.Path} lists the resources"
            ),
            StatusCodes.Status405MethodNotAllowed => new(
                context.Response.StatusCode,
                "method-not-allowed",
                $"'{path}' does not take {HttpProblem.Sanitize(context.Request.Method)}; it must be {context.Response.Headers.Allow}"
            ),
            var status => new(
                status,
                "refused",
                $"{context.Request.Method} '{path}' is refused: {ReasonPhrases.GetReasonPhrase(status)}"
            ),
        };
    }

    static Task WriteHealthAsync(HttpContext context, HealthReport report) =>
        JsonText.WriteAsync(
            context,
            json =>
            {
                json.WriteBoolean("ready", report.Status == HealthStatus.Healthy);
                if (report.Entries.Values.FirstOrDefault().Description is { } why)
                    json.WriteString("reason", why);
            },
            context.Response.StatusCode
        );

    /// <summary>Stops the server. Requests in progress may finish until the token is cancelled.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => application.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => application.DisposeAsync();
}
