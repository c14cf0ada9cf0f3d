using ConveyorActors.Http.Dashboard;
using ConveyorActors.Http.Routes;
using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace ConveyorActors.Http;

/// <summary>Maps the dashboard: one page that shows the buffers live.</summary>
public static class ConveyorDashboard
{
    /// <summary>
    /// The content security policy: scripts and styles come only from this server, none is inline, and no text can
    /// become HTML or a script.
    /// </summary>
    const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>
    /// Maps the page to <c>/</c> and its files below <c>/dashboard</c>. The page uses the API that
    /// <see cref="ConveyorEndpoints.MapConveyor"/> maps to the same application or group.
    /// </summary>
    /// <param name="endpoints">The application, or the group of endpoints that the API is mapped to.</param>
    /// <returns>The mapped endpoints, for conventions such as authorization.</returns>
    /// <remarks>
    /// The page and its files contain no data and need no API key; the page asks the user for the key. A filter that is
    /// added to the endpoints runs around the whole request: when <c>next</c> returns, the response is written and the
    /// result is empty.
    /// </remarks>
    public static IEndpointConventionBuilder MapConveyorDashboard(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapGroup("").ExcludeFromDescription();
        group.AddEndpointFilter(new ProblemFilter());
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        group.MapMethods("/", methods, RouteHandlers.CreateDelegate(GetPage));
        group.MapMethods(
            $"/{PageFiles.Folder}/{{file}}",
            methods,
            RouteHandlers.CreateDelegate(context => GetFile(context, (string?)context.Request.RouteValues["file"]))
        );
        return group;
    }

    static IResult GetPage(HttpContext context)
    {
        // The page's links are relative to its path, so the path must end in a slash.
        var path = context.Request.PathBase + context.Request.Path;
        return path.Value is { } text && text.EndsWith('/')
            ? GetFile(context, null)
            : Results.LocalRedirect($"{path.ToUriComponent()}/");
    }

    static IResult GetFile(HttpContext context, string? name)
    {
        var file =
            PageFiles.Find(name)
            ?? throw HttpProblem.CreateNotFound($"the page has no file '{HttpProblem.Sanitize(name ?? "")}'");
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        return Results.Bytes(file.Bytes, file.MediaType, entityTag: file.Tag);
    }
}
