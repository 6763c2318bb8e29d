<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	scsi_host.xsl - targets of vhost-scsi as <hostdev type='scsi_host'>.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<xsl:template match="p:device[@kind = 'scsi_host'][@write = 'yes']" mode="vc:attributes">
		<xsl:param name="in" select="/.."/>
		<xsl:copy-of select="$in/@*"/>
		<xsl:attribute name="mode">subsystem</xsl:attribute>
		<xsl:copy-of select="@type | @managed"/>
	</xsl:template>
</xsl:stylesheet>
